"""The answer on screen or on paper; each form is one module."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.diagnose import Diagnosed


def show(
    result: Diagnosed, form: str, lang: str, *, why: bool = False, rivals: bool = False
) -> None:
    """Print a diagnosis to standard output.

    Args:
        result: the diagnosis.
        form: ``terminal``, ``plain``, ``markdown``, ``json`` or ``sarif``.
        lang: ``en`` or ``zh``.
        why: with the full proof.
        rivals: with the rival causes.
    """
    if form == "json":
        import json

        text = json.dumps(result.answer, ensure_ascii=False, indent=1) + "\n"
    elif form == "markdown":
        from troubleshoot.render import markdown

        text = markdown.render(result, lang, why=why, rivals=rivals)
    elif form == "sarif":
        import json

        from troubleshoot.render import sarif

        text = json.dumps(sarif.render(result.answer, result.document), indent=1) + "\n"
    elif form == "terminal":
        from troubleshoot.render import terminal

        terminal.show(result, lang, why=why, rivals=rivals)
        return
    else:
        from troubleshoot.render import plain

        text = plain.render(result, lang, why=why, rivals=rivals)
    write(text)


def write(text: str) -> None:
    """Print to standard output; what its encoding cannot say becomes ``?``."""
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
