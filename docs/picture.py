"""Draws docs/whyfail.svg: the real answer to a real fixture, as the terminal shows it.

python docs/picture.py
"""

import re
from pathlib import Path

from rich.console import Console

from troubleshoot import diagnose, intake
from troubleshoot.diagnose import Options
from troubleshoot.render import terminal

ROOT = Path(__file__).resolve().parent.parent
LOG = ROOT / "fixtures" / "torch" / "cuda" / "oom" / "too-big.log"


def main():
    console = Console(record=True, width=80, highlight=False, force_terminal=True)
    console.print(f"$ whyfail {LOG.relative_to(ROOT)}", style="bold")
    options = Options(here=False, probe=False)
    result = diagnose.diagnose(intake.read(str(LOG)), options)
    terminal.show(result, "en", console=console)
    path = ROOT / "docs" / "whyfail.svg"
    svg = console.export_svg(title="whyfail", unique_id="whyfail")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # fonts of the reader's own
    path.write_text("\n".join(line.rstrip() for line in svg.split("\n")), encoding="utf-8")


if __name__ == "__main__":
    main()
