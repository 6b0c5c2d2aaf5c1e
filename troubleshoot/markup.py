"""What web pages, issue trackers and mail programs did to the text: Markdown, HTML, quotes."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.page import Page

_ENTITIES = {
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": '"',
    "&#34;": '"',
    "&#39;": "'",
    "&#039;": "'",
    "&#x27;": "'",
    "&apos;": "'",
    "&#96;": "`",
    "&#x60;": "`",
    "&nbsp;": " ",
    "&#160;": " ",
    "&amp;": "&",  # last, so that &amp;lt; becomes &lt; and no more
}
_TAG = (
    r"</?(?:details|summary|pre|code|br|blockquote|samp|kbd|strong|b|span|font|p|div)"
    r"(?:\s[^<>\n]{0,200})?/?>"
)
# A link whose target a notebook or an editor made up; its text is what was printed.
_LINK = (
    r"\[((?:[^\[\]\n]|\[[^\[\]\n]{0,80}\]){1,300})\]"
    r"\((?:https?://(?:localhost|127\.)|vscode-|file:|command:)[^)\s]{0,600}\)"
)
_ANCHOR = r"<a href=['\"](?:vscode-|file:|https?://localhost)[^<>\n]{0,600}>(.{0,300}?)</a>"
# __init__.py, where Markdown took the underscores for bold.
_DUNDER = r"(?:(?<=[/\\.])|(?<=\bin )|(?<=\bself\.))\*\*([a-z]\w{0,30})\*\*"
_BOLD = r"(?<![\w*])\*\*(?=[^\s*])([^\n]{1,2000}?)(?<=[^\s*])\*\*(?![\w*])"
_APOSTROPHE = r"(?<=[a-z])[‘’](?=(?:t|s|re|ve|ll|d|m)\b)"
_SMART = {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"}


def clean_text(text: str) -> str:
    """``text`` with entities, links, invisible and escaped characters made plain.

    Works on the whole text and never changes the number of lines.
    """
    if "&" in text and ("&lt;" in text or "&quot;" in text or "&#" in text or "&gt;" in text):
        for entity, char in _ENTITIES.items():
            text = text.replace(entity, char)
    if not text.isascii():
        for invisible in ("\u200b", "\u200e", "\u200f", "\u2060", "\ufeff"):
            if invisible in text:
                text = text.replace(invisible, "")
        if "\xa0" in text:
            text = text.replace("\xa0", " ")
    if "](" in text:
        text = re.sub(_LINK, r"\1", text)
    if "<a href=" in text:
        text = re.sub(_ANCHOR, r"\1", text)
    if r"\_\_" in text or r"\<module" in text:
        text = re.sub(r"\\([_<>\[\]*`])", r"\1", text)
    return text


def clean_lines(page: Page, text: str) -> None:
    """Take fences, tags, bold and inline code off the lines.

    Args:
        page: what to clean.
        text: the page's text, for cheap checks of what is needed at all.
    """
    lines = page.lines
    if "```" in text or "~~~" in text:
        for index, line in enumerate(lines):
            if "```" in line or line.startswith("~~~"):
                lines[index] = _without_fence(line)
    if "</" in text or "<details" in text or "<br" in text or "<pre" in text:
        for index, line in enumerate(lines):
            if "<" in line:
                lines[index] = re.sub(_TAG, "", line)
    if "**" in text:
        for index, line in enumerate(lines):
            if "**" in line:
                lines[index] = _without_bold(line)
    if "`" in text:
        for index, line in enumerate(lines):
            stripped = line.strip()
            if (
                len(stripped) > 2
                and stripped[0] == "`" == stripped[-1]
                and (stripped.count("`") == 2)
            ):
                lines[index] = line.replace("`", "", 2)
    if "“" in text or "‘" in text or "’" in text:
        for index, line in enumerate(lines):
            if any(char in line for char in _SMART):
                if _is_python(line):
                    for char, plain in _SMART.items():
                        line = line.replace(char, plain)
                lines[index] = re.sub(_APOSTROPHE, "'", line)
    _dedent(page, text)


def _without_fence(line: str) -> str:
    bare = line.strip()
    if bare.startswith(("```", "~~~")):
        rest = bare.lstrip("`~")
        # ```python, ```text: a language name; anything longer is text glued to the fence.
        return "" if len(rest) < 16 and " " not in rest else line.replace("```", "", 2)
    return line.replace("```", "")


def _without_bold(line: str) -> str:
    line = re.sub(_DUNDER, r"__\1__", line)
    line = re.sub(_BOLD, r"\1", line)
    if line.count("**") == 1:
        # Bold over several lines leaves one mark at the start or at the end.
        bare = line.strip()
        if bare.startswith("**") and bare[2:3].isalpha() and not bare[2:].startswith("kw"):
            return line.replace("**", "", 1)
        if bare.endswith("**") and bare[-3:-2] not in (" ", "*", ""):
            return line.rstrip()[:-2]
    return line


def _is_python(line: str) -> bool:
    start = line.lstrip()
    if start.startswith(("File “", "File ‘", 'File "')):
        return True
    return re.match(r"[\w.]{1,100}(?:Error|Exception|Interrupt|Warning|Exit): ", start) is not None


def _dedent(page: Page, text: str) -> None:
    """Take off the indentation of a text that was indented as a whole to be quoted."""
    if text[:1] not in " \t\n":
        return
    least = 200
    for line in page.lines:
        bare = line.lstrip(" \t")
        if bare:
            least = min(least, len(line) - len(bare))
            if not least:
                return
    is_quoted = any(line.startswith("Traceback (most recent", least) for line in page.lines)
    if least < 4 and not is_quoted:
        return
    page.lines[:] = [line[least:] for line in page.lines]
