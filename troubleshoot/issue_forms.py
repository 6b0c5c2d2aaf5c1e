"""The issue forms of the projects that errors come from: data files, one for each project."""

from __future__ import annotations

import os

from troubleshoot.errors import ReportError
from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PARTS = (
    "summary", "command", "steps", "expected", "actual", "log", "environment", "system", "versions",
    "tried", "diagnosis",
)  # fmt: skip
"""What can fill a field."""


@record
class Field:
    """One field of a form.

    Attributes:
        label: as the form prints it.
        id: its id for the prefilled link, or ``""``.
        parts: what fills it, in order, of `PARTS`.
        render: language of the code block that the form makes itself, or ``""``.
        optional: whether it may stay empty.
        options: checkboxes.
        choose: the entry of a menu.
        ask: what only a person knows.
    """

    label: str
    id: str = ""
    parts: tuple[str, ...] = ()
    render: str = ""
    optional: bool = False
    options: tuple[str, ...] = ()
    choose: str = ""
    ask: str = ""


@record
class Form:
    """A project's issue form.

    Attributes:
        key: name of its data file.
        repository: ``owner/name``, or ``""``.
        name: the project's name.
        language: ``en`` or ``zh``.
        template: file name of the form, for the link.
        title: with ``{summary}``.
        packages: top-level packages that are the project's.
        paths: folders of a checkout.
        rules: beginnings of rule ids.
        libraries: distributions whose versions matter.
        fields: in order.
        source: where the fields were read.
    """

    key: str
    repository: str
    name: str
    language: str
    template: str
    title: str
    packages: tuple[str, ...]
    paths: tuple[str, ...]
    rules: tuple[str, ...]
    libraries: tuple[str, ...]
    fields: tuple[Field, ...]
    source: str = ""


def load(folder: str) -> dict[str, Form]:
    """All forms of a folder by name; a broken file is an error that names it.

    Raises:
        ReportError: a file is not a form.
    """
    forms = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".yaml"):
            path = os.path.join(folder, name)
            forms[name[:-5]] = read(path, name[:-5])
    return forms


def read(path: str, key: str) -> Form:
    """One form's file.

    Raises:
        ReportError: it is not a form.
    """
    import yaml

    try:
        with open(path, encoding="utf-8") as file:
            data = yaml.safe_load(file)
    except (OSError, yaml.YAMLError) as error:
        raise ReportError(f"is no issue form: {error}", where=path) from None
    if not isinstance(data, dict) or not isinstance(data.get("fields"), list):
        raise ReportError("has no fields", where=path, advice="see issue_forms/README.md")
    fields = tuple(_field(each, path) for each in data["fields"])
    lists = {
        name: tuple(str(each) for each in data.get(name) or ())
        for name in ("packages", "paths", "rules", "libraries")
    }
    return Form(
        key=key,
        repository=str(data.get("repository") or ""),
        name=str(data.get("name") or key),
        language=str(data.get("language") or "en"),
        template=str(data.get("template") or ""),
        title=str(data.get("title") or "{summary}"),
        fields=fields,
        source=str(data.get("source") or ""),
        **lists,
    )


def _field(data: Any, path: str) -> Field:
    if not isinstance(data, dict) or not data.get("label"):
        raise ReportError("has a field without a label", where=path)
    parts = tuple(str(part) for part in data.get("parts") or ())
    wrong = [part for part in parts if part not in PARTS]
    known = {"label", "id", "parts", "render", "optional", "options", "choose", "ask"}
    if wrong or data.keys() - known:
        odd = ", ".join([*wrong, *sorted(data.keys() - known)])
        raise ReportError(f"field {data['label']!r} has unknown parts or keys: {odd}", where=path)
    return Field(
        label=str(data["label"]),
        id=str(data.get("id") or ""),
        parts=parts,
        render=str(data.get("render") or ""),
        optional=bool(data.get("optional")),
        options=tuple(str(option) for option in data.get("options") or ()),
        choose=str(data.get("choose") or ""),
        ask=str(data.get("ask") or ""),
    )
