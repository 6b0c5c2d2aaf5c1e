"""Everything a maintainer may ask for in one archive, with private things hidden."""

from __future__ import annotations

import io
import json
import tarfile
import time

from troubleshoot.errors import ReportError
from troubleshoot.redact import summary
from troubleshoot.trim import whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from troubleshoot.document import Document
    from troubleshoot.facts import Facts
    from troubleshoot.redact import Redactor
    from troubleshoot.report import Report


def write(
    path: str,
    report: Report,
    answer: Mapping[str, Any],
    document: Document,
    facts: Facts,
    redactor: Redactor | None,
) -> tuple[str, ...]:
    """Write the archive.

    Args:
        path: of the ``.tar.gz`` file; an existing one is not overwritten.
        report: the report.
        answer: the answer in its published form.
        document: the whole cleaned input.
        facts: all that is known.
        redactor: hides what is private; None: nothing is hidden.

    Returns:
        Names of the files inside.

    Raises:
        ReportError: it cannot be written.
    """
    entries = {fact.name: {"value": fact.value, "because": fact.because} for fact in facts}
    known: Any = {"schema": "whyfail-facts/1", "facts": entries}
    log = whole(document)
    if redactor is not None:
        answer = redactor.redact_data(answer, "diagnosis.json")
        known = redactor.redact_data(known, "facts.json")
        log = redactor.redact(log, "log.txt")
    files = {
        "report.md": f"# {report.title}\n\n{report.markdown()}",
        "diagnosis.json": json.dumps(answer, ensure_ascii=False, indent=1),
        "facts.json": json.dumps(known, ensure_ascii=False, indent=1, default=list),
        "log.txt": log + "\n",
        "hidden.txt": "\n".join(summary(redactor.found, places=True) if redactor else ["nothing"])
        + "\n",
    }
    try:
        with open(path, "xb") as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
            for name, text in files.items():
                data = text.encode("utf-8", "replace")
                entry = tarfile.TarInfo(f"whyfail-report/{name}")
                entry.size, entry.mtime, entry.mode = len(data), int(time.time()), 0o644
                archive.addfile(entry, io.BytesIO(data))
    except OSError as error:
        raise ReportError(error.strerror or "cannot be written", where=path) from None
    return tuple(files)
