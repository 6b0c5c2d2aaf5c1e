"""What launchers report about their children: torchrun, deepspeed, accelerate, mpirun, srun."""

from __future__ import annotations

from troubleshoot import signs
from troubleshoot.crashes import kind_of, signal_name, signal_of
from troubleshoot.failure import LAUNCHER, WRAPPER
from troubleshoot.shapes import LONGEST, compiled
from troubleshoot.stream import Found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troubleshoot.stream import Stream

_TORCH = r"failed \(exitcode: (-?\d{1,10})\) local_rank: (\d{1,6})"
_FIELD = r"\s*(rank|exitcode|error_file|traceback|time|host)\s*: ?(.*)"
_CODES = (
    (r".{0,200}launch\.py.{0,2000}exits with return code = (-?\d{1,10})", "deepspeed"),
    (r"mpirun noticed that process rank (\d+) .*exited on signal (\d+)", "mpirun"),
    (r"MPI_ABORT was invoked on rank \d+ .*errorcode (-?\d+)", "mpirun"),
    (r"\s*=?\s+EXIT CODE: (\d+)", "mpirun"),
    (r"(?:mpiexec|prterun|mpirun).*(?:non-zero|terminated|exited)", "mpirun"),
    (r"Primary job +terminated normally", "mpirun"),
    (r"srun: error: .*Exited with exit code (\d+)", "srun"),
    (
        r"(?:sbatch|srun|salloc): (?:error|fatal): .*(?:Unable to|submission failed|Invalid|invalid"
        r"|not (?:available|permitted)|refused|Unspecified)",
        "slurm",
    ),
    (r"mpirun has detected an attempt to run as root|There are not enough slots", "mpirun"),
    (r".*process \d+ terminated with (?:exit code (\d+)|signal (SIG\w+))", "spawn"),
    (r".*process exited with exit code (\d+)", "launcher"),
)


def find(stream: Stream) -> list[Found]:
    """Reports of launchers in a stream."""
    found: list[Found] = []
    for at, text in stream.lines_with(signs.LAUNCHERS):
        if stream.claimed[at]:
            continue
        bare = text[:LONGEST].strip()
        if "Root Cause (first observed failure)" in bare:
            found.extend(_table(stream, at))
        elif "failed (exitcode" in bare:
            made = _torch(stream, at, bare)
            if made is not None:
                found.append(made)
        else:
            made = _code(stream, at, bare)
            if made is not None:
                found.append(made)
    return found


def _torch(stream: Stream, at: int, bare: str) -> Found | None:
    code = compiled(_TORCH).search(bare)
    if code is None:
        return None
    status = int(code.group(1))
    signal = signal_of(status)
    made = stream.found(
        LAUNCHER, "torchrun", bare, at, role=WRAPPER, exit_code=status, signal=signal
    )
    if signal not in ("", "SIGTERM", "SIGINT"):
        made.context = "signal"
    return made


def _table(stream: Stream, at: int) -> list[Found]:
    """torchrun's table: the failure that came first, with rank, exit status and signal."""
    texts = stream.texts
    fields: dict[str, str] = {}
    places: dict[str, int] = {}
    end = at
    for later in range(at + 1, min(at + 60, len(texts))):
        text = texts[later][:LONGEST]
        if text.startswith(("====", "****")):
            end = later
            break
        field = compiled(_FIELD).match(text)
        if field is not None and field.group(1) not in fields:
            fields[field.group(1)] = field.group(2).strip()
            places[field.group(1)] = later
            end = later
    code = compiled(r"(-?\d{1,10})").match(fields.get("exitcode", ""))
    if code is None:
        return []
    status = int(code.group(1))
    signal = signal_of(status) if status < 0 else ""
    rank = compiled(r"\d{1,6}").match(fields.get("rank", ""))
    label = f"rank{rank.group()}" if rank else ""
    trace = fields.get("traceback", "")
    message = f"{label or 'a rank'} failed first, exit code {status}"
    if fields.get("error_file", "<N/A>") != "<N/A>":
        message += f", details in {fields['error_file']}"
    report = Found(
        LAUNCHER, "torchrun", f"{message}\n{trace}".strip(), stream.indices[at],
        stream.indices[end],
        rank=label, role=WRAPPER, exit_code=status, signal=signal,
    )  # fmt: skip
    if "Traceback" not in "".join(texts[at:end]):
        stream.claim(at, end)
    if not signal:
        return [report]
    line = stream.indices[places["exitcode"]]
    child = Found(
        kind_of(signal), signal, trace or fields["exitcode"], line, rank=label,
        signal=signal, exit_code=status, context="table",
    )  # fmt: skip
    report.parent, report.link = child, "cause"
    return [report, child]


def _code(stream: Stream, at: int, bare: str) -> Found | None:
    for pattern, name in _CODES:
        found = compiled(pattern).match(bare)
        if found is None:
            continue
        signal = ""
        status = None
        groups = [group for group in found.groups() if group]
        if groups:
            last = groups[-1]
            if last.startswith("SIG"):
                signal = last
            elif "signal" in pattern and len(groups) > 1:
                signal = signal_name(int(last))
            else:
                status = int(last)
                signal = signal_of(status)
        refused = name == "slurm" or "enough slots" in bare or "run as root" in bare
        made = stream.found(
            LAUNCHER, name, bare, at, role="" if refused else WRAPPER, exit_code=status,
            signal=signal,
        )  # fmt: skip
        made.context = "refused" if refused else ""
        if signal and signal not in ("SIGTERM", "SIGINT"):
            made.context = "signal"
        return made
    return None
