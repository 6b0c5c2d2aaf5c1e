"""The answer as Markdown, for an issue, a chat or a notebook."""

from __future__ import annotations

import re

from troubleshoot.render import wording

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.diagnose import Diagnosed


def render(result: Diagnosed, lang: str, *, why: bool = False, rivals: bool = False) -> str:
    """The answer in CommonMark; text from the input is escaped or fenced."""
    blocks: list[str] = []
    fence: list[str] = []
    language = ""

    def close() -> None:
        if fence:
            ticks = "```"
            while any(ticks in line for line in fence):
                ticks += "`"
            blocks.append("\n".join([ticks + language, *fence, ticks]))
            fence.clear()

    previous = ""
    for part in wording.parts(result, lang, why=why, rivals=rivals):
        kind = "sh" if part.kind == "command" else "text" if part.kind == "quote" else ""
        if kind != language or not kind:
            close()
        language = kind
        if part.kind == "command":
            fence.append(part.text)
        elif part.kind == "quote":
            fence.extend(f"{part.mark:>6} | {line}" for line in part.text.split("\n"))
        elif part.kind == "verdict":
            blocks.append(f"**{escape(part.text)}**")
        elif part.kind == "heading":
            if part.text:
                blocks.append(f"### {escape(part.text)}")
        elif part.kind in ("item", "tree"):
            indent = "  " * int(part.mark) if part.kind == "tree" else ""
            mark = f"{part.mark.strip()} " if part.kind == "item" and part.mark else ""
            line = f"{indent}- {mark}{escape(part.text)}"
            if previous in ("item", "tree"):
                blocks[-1] += "\n" + line
            else:
                blocks.append(line)
        else:
            blocks.append(escape(part.text))
        previous = part.kind
    close()
    return "\n\n".join(blocks) + "\n"


def escape(text: str) -> str:
    """Text with Markdown's and HTML's special characters made plain."""
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_\[\]#|~])", r"\\\1", text)
