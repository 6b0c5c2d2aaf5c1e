"""The link to a project's new-issue page with what fits already filled in."""

from __future__ import annotations

from urllib.parse import quote

from troubleshoot.records import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.report import Report

LONGEST = 7500
"""Characters of a link; GitHub refuses one of more than about eight thousand."""


@record
class Link:
    """A prefilled link.

    Attributes:
        url: the link, or ``""`` when the project's tracker is not known.
        left: labels of the fields that are not in it and have to be pasted.
    """

    url: str
    left: tuple[str, ...]


def prefilled(report: Report, limit: int = LONGEST) -> Link:
    """The new-issue link of a report.

    Fields of a form can be filled by their ids; those without one, and those that would make the
    link too long, are left to paste. A plain issue gets a body, whole fields of it.

    Args:
        report: the report.
        limit: characters that the link may have.
    """
    form = report.form
    if not form.repository:
        return Link(url="", left=tuple(each.field.label for each in report.fields))
    url = f"https://github.com/{form.repository}/issues/new?title={quote(report.title, safe='')}"
    if form.template:
        url += f"&template={quote(form.template, safe='')}"
    left: list[str] = []
    if form.template.endswith((".yml", ".yaml")):
        taken: dict[str, str] = {}
        for filled in sorted(report.fields, key=lambda each: len(each.text)):
            field = filled.field
            piece = f"&{quote(field.id, safe='')}={quote(filled.text, safe='')}"
            if field.options or field.choose or not filled.text:
                continue  # for the person to tick and to choose
            if not field.id or len(url) + sum(map(len, taken.values())) + len(piece) > limit:
                left.append(field.label)
            else:
                taken[field.label] = piece
        order = [filled.field.label for filled in report.fields]
        url += "".join(taken[label] for label in order if label in taken)
        return Link(url=url, left=tuple(label for label in order if label in left))
    body = ""
    for label, text in _sections(report):
        piece = f"### {label}\n\n{text}\n\n"
        if len(url) + 6 + len(quote(body + piece, safe="")) > limit:
            left.append(label)
        else:
            body += piece
    return Link(url=f"{url}&body={quote(body, safe='')}", left=tuple(left))


def search(report: Report) -> str:
    """Address of the tracker's search for the same failure, or ``""``."""
    if not report.form.repository or not report.query:
        return ""
    words = quote(f"is:issue {report.query}", safe="")
    return f"https://github.com/{report.form.repository}/issues?q={words}"


def _sections(report: Report) -> list[tuple[str, str]]:
    """Label and Markdown of every field."""
    blocks = report.markdown().split("### ")
    found = []
    for block in blocks[1:]:
        label, _, text = block.partition("\n")
        found.append((label, text.strip()))
    return found if len(found) == len(report.fields) else [("Report", report.markdown())]
