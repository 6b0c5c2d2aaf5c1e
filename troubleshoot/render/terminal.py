"""The answer in a terminal, drawn by rich: the verdict in a box, commands ready to copy."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from troubleshoot.render import wording
from troubleshoot.render.plain import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from rich.console import RenderableType

    from troubleshoot.diagnose import Diagnosed
    from troubleshoot.render.wording import Part

WIDEST = 100
_TONES = {"error": "bold red", "warning": "bold yellow", "good": "bold green", "": "bold"}
_MARKS = {"error": "✗", "warning": "!", "good": "✓", "": "•"}


def show(
    result: Diagnosed,
    lang: str,
    *,
    why: bool = False,
    rivals: bool = False,
    console: Console | None = None,
) -> None:
    """Print the answer; nothing in it is read as markup."""
    if console is None:
        console = Console(highlight=False)
        if console.width > WIDEST:
            console = Console(highlight=False, width=WIDEST)
    for part in wording.parts(result, lang, why=why, rivals=rivals):
        if part.kind == "item":
            # a hanging indent without the cost of importing rich's tables
            for line in wrap(part.text, f"  {part.mark or '-'} ", "    ", console.width):
                console.print(Text(line), no_wrap=True, overflow="ignore", crop=False)
        else:
            console.print(drawn(part))


def drawn(part: Part) -> RenderableType:
    """One part as a rich renderable."""
    text = Text(part.text, overflow="fold")
    if part.kind == "verdict":
        style = _TONES[part.tone]
        line = Text.assemble((f"{_MARKS[part.tone]} ", style), (part.text, "bold"))
        return Panel(line, border_style=style.removeprefix("bold "), padding=(0, 1))
    if part.kind == "heading":
        return Text("\n" + part.text, style="bold") if part.text else Text("")
    if part.kind == "command":
        text.stylize("bold cyan")
        return Padding(text, (0, 0, 0, 4))
    if part.kind == "quote":
        marked = Text(f"{part.mark:>6} │ ", style="dim")
        lines = Text("\n").join(Text.assemble(marked, Text(line)) for line in part.text.split("\n"))
        lines.no_wrap, lines.overflow = True, "ellipsis"
        return Padding(lines, (0, 0, 0, 1))
    if part.kind == "item":
        mark = part.mark or "-"
        from rich.table import Table

        table = Table.grid(padding=(0, 1))
        table.add_row(Text(f"  {mark}"), text)
        return table
    if part.kind == "tree":
        return Padding(text, (0, 0, 0, 2 * int(part.mark) + 2))
    if part.kind == "dim":
        text.stylize("red bold" if part.tone == "error" else "dim")
    return Padding(text, (0, 0, 0, 2))
