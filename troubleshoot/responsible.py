"""Whose failure it is: the project whose issue form is to be filled.

Inferred from what the rule says, from where the error was raised, and from the package's own
metadata, always with a reason that is shown and can be overruled.
"""

from __future__ import annotations

import re

from troubleshoot.errors import ReportError
from troubleshoot.fingerprint import initiating
from troubleshoot.records import record, replace
from troubleshoot.report_words import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from troubleshoot.failure import Failure, Frame
    from troubleshoot.issue_forms import Form

_REPOSITORY = re.compile(
    r"(?:https?://)?(?:www\.)?(?:github\.com/)?([\w.-]{1,100}/[\w.-]{1,100}?)(?:\.git)?(?:/.*)?"
)
_SURE = 0.5
"""Confidence of a diagnosis from which its rule's project is taken."""


@record
class Choice:
    """The form to fill, and why this one."""

    form: Form
    because: str


def choose(
    forms: Mapping[str, Form],
    answer: Mapping[str, Any],
    failures: Sequence[Failure],
    *,
    project: str = "",
    lang: str = "en",
    urls: Callable[[str], Sequence[str]] | None = None,
    repositories: Mapping[str, str] | None = None,
) -> Choice:
    """Whose failure it is.

    Args:
        forms: all forms.
        answer: the answer in its published form.
        failures: what went wrong.
        project: the person's word: a form's name, a package, ``owner/name`` or an address.
        lang: language of the generic form.
        urls: addresses that an installed package's metadata names; None: not asked.
        repositories: trackers of packages without a form, by package.

    Raises:
        ReportError: ``project`` names nothing.
    """
    generic = forms["generic_zh" if lang == "zh" else "generic_en"]
    if project:
        return Choice(named(forms, project, generic), say("because_said", lang))
    ruled = _by_rule(forms, answer, generic, lang)
    if ruled is not None:
        return ruled
    failure = initiating(failures)
    if failure is None:
        return Choice(generic, say("because_none", lang))
    return _by_failure(forms, failure, generic, urls, lang, repositories or {})


def named(forms: Mapping[str, Form], project: str, generic: Form) -> Form:
    """The form that a person means.

    Raises:
        ReportError: nothing is called so.
    """
    plain = project.strip().lower().replace("-", "_")
    for form in forms.values():
        names = (form.key, form.name.lower().replace("-", "_"), form.repository.lower())
        if plain in names or plain in form.packages or project.lower() == form.repository.lower():
            return form
    matched = _REPOSITORY.fullmatch(project.strip())
    if matched is None:
        known = ", ".join(key for key in forms)
        raise ReportError(
            f"no project is called {project!r}",
            where="--project",
            advice=f"owner/name on GitHub, or one of {known}",
        )
    return of_repository(forms, matched[1], generic)


def of_repository(forms: Mapping[str, Form], repository: str, generic: Form) -> Form:
    """The form of ``owner/name``: its own, else the generic one addressed to it."""
    for form in forms.values():
        if form.repository.lower() == repository.lower():
            return form
    name = repository.rsplit("/", 1)[-1]
    return replace(generic, repository=repository, name=name)


def _by_rule(
    forms: Mapping[str, Form], answer: Mapping[str, Any], generic: Form, lang: str
) -> Choice | None:
    """What the rule that explains the failure says."""
    for diagnosis in answer["diagnoses"][:1]:
        named_project = diagnosis.get("report")
        if named_project and diagnosis["confidence"] >= _SURE:
            form = of_repository(forms, str(named_project), generic)
            return Choice(form, say("because_rule", lang, rule=diagnosis["rule"]))
    return None


def _by_failure(
    forms: Mapping[str, Form],
    failure: Failure,
    generic: Form,
    urls: Callable[[str], Sequence[str]] | None,
    lang: str,
    known: Mapping[str, str],
) -> Choice:
    """Where the error was raised, then what its type says, then what it came through."""
    innermost = _raising_frame(failure)
    owned = _of_frame(forms, innermost, lang)
    if owned is not None:
        return owned
    module = failure.name.split(".", 1)[0] if "." in failure.name else ""
    by_type = _of_package(forms, module)
    if by_type is not None:
        return Choice(by_type, say("because_type", lang, name=failure.name, package=module))
    if innermost is not None and innermost.package:
        form = _from_metadata(forms, innermost.package, generic, urls)
        because = say("because_raised", lang, package=innermost.package)
        if form is None and innermost.package in known:
            form = of_repository(forms, known[innermost.package], generic)
            return Choice(form, because)
        if form is not None:
            return Choice(form, say("because_metadata", lang, because=because))
        return Choice(replace(generic, name=innermost.package), because)
    for frame in reversed(failure.frames):
        if not frame.is_user:
            break
        called = re.search(r"\b([a-z_][a-z0-9_]*)\.[\w.]+\(", frame.code)
        form = _of_package(forms, called[1]) if called and frame is innermost else None
        builtin = failure.short_name in ("RuntimeError", "SystemError", "FatalError", "error")
        if form is not None and builtin:
            package = called[1] if called else ""
            return Choice(form, say("because_calls", lang, package=package))
    if innermost is not None and innermost.is_user:
        return Choice(generic, say("because_own", lang))
    for frame in reversed(failure.frames):
        owned = _of_frame(forms, frame, lang)
        if owned is not None:
            through = frame.package or frame.path
            return Choice(owned.form, say("because_through", lang, package=through))
    return Choice(generic, say("because_nothing", lang))


def _raising_frame(failure: Failure) -> Frame | None:
    """The innermost frame that did something: a module that lacks a name is asked, not at fault."""
    frames = list(failure.frames)
    while len(frames) > 1 and frames[-1].function == "__getattr__":
        frames.pop()
    return frames[-1] if frames else None


def _of_frame(forms: Mapping[str, Form], frame: Frame | None, lang: str) -> Choice | None:
    if frame is None:
        return None
    package = frame.package
    form = _of_package(forms, package)
    if form is not None:
        return Choice(form, say("because_raised", lang, package=package))
    if package:
        return None
    path = frame.path.replace("\\", "/")
    for form in forms.values():
        if any(folder.lower() in path.lower() for folder in form.paths):
            return Choice(form, say("because_checkout", lang, name=form.name))
    return None


def _of_package(forms: Mapping[str, Form], package: str) -> Form | None:
    if not package:
        return None
    return next((form for form in forms.values() if package in form.packages), None)


def _from_metadata(
    forms: Mapping[str, Form],
    package: str,
    generic: Form,
    urls: Callable[[str], Sequence[str]] | None,
) -> Form | None:
    for url in urls(package) if urls is not None else ():
        matched = re.match(r"https?://(?:www\.)?github\.com/([\w.-]{1,100}/[\w.-]{1,100})", url)
        if matched is not None:
            repository = matched[1].removesuffix(".git")
            return of_repository(forms, repository, generic)
    return None
