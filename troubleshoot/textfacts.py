"""Facts that stand in the text: versions in paths and banners, GPU names, platforms, commands.

Only what is certain is taken: a version somebody *asked* for (a requirement, a wheel's file
name) is not one that was installed.
"""

from __future__ import annotations

from troubleshoot.facts import TEXT, Fact
from troubleshoot.shapes import LONGEST, compiled
from troubleshoot.stream import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from troubleshoot.document import Document
    from troubleshoot.facts import Value
    from troubleshoot.failure import Failure

_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_VERSION = r"(\d+(?:\.\d+){1,3}(?:[a-z]+\d*)?(?:[.-]?(?:post|dev|rc|a|b)\d*)?(?:\+[\w.]+)?)"
_GPU = (
    r"((?:NVIDIA )?(?:GeForce|Tesla|Quadro|TITAN)[ -][A-Z][\w-]*(?: ?[\w-]+){0,4}?"
    r"|NVIDIA (?:A|H|L|B|V|T|P|GH|GB|RTX|TITAN|DGX|Jetson|Orin|Thor)[\w-]*(?: [\w-]+){0,5}?)"
)
# Literal; pattern searched in the lines that hold it; facts with the group each comes from.
_TABLE: tuple[tuple[str, str, tuple[tuple[str, int], ...]], ...] = (
    ("requires a different Python: ", r"different Python: (\d+\.\d+\.\d+)", (("python.version", 1),
    )),
    ("Python 3.", r"(?:^|[\s>(])Python (3\.\d{1,2}(?:\.\d{1,2})?\w{0,4})(?: environment"
                  r"| interpreter|[\s|,(]|$)",
     (("python.version", 1),)),
    ("Python-3.", r"\bPython-(3\.\d{1,2}\.\d{1,2})\b", (("python.version", 1),)),
    ("CPython 3.", r"\bUsing CPython (3\.\d{1,2}\.\d{1,2})", (("python.version", 1),)),
    ("Python version", r"Python version: ?(3\.\d{1,2}(?:\.\d{1,2})?)", (("python.version", 1),)),
    ("-cp3", r"(?:Downloading|Using cached) \S*-cp(3\d{1,2})-cp\1m?-", (("python.version", 1),)),
    ("Python executable", r"Python executable: ?(\S.*)", (("python.executable", 1),)),
    ("(python 3.", r"^pip [\d.]+ from .*\(python (3\.\d{1,2})\)", (("python.version", 1),)),
    ("orch version", r"(?:PyTorch|[Tt]orch) version:? ?" + _VERSION, (("torch.version", 1),)),
    ("torch.__version__", r"torch\.__version__\W+" + _VERSION, (("torch.version", 1),)),
    ("torch 1.", r"(?:Using |with |^|[\s(])torch " + _VERSION, (("torch.version", 1),)),
    ("torch 2.", r"(?:Using |with |^|[\s(])(?<!requires )(?<!have )torch " + _VERSION,
    (("torch.version", 1),)),
    ("PyTorch 2.", r"(?:Using |with |^)PyTorch (\d\.\d+\.\d+\S*)", (("torch.version", 1),)),
    ("torch-", r"Python-\S+ torch-" + _VERSION, (("torch.version", 1),)),
    ("used to build PyTorch", r"CUDA used to build PyTorch: (\d+\.\d+)", (("torch.cuda", 1),)),
    ("PyTorch (", r"PyTorch \((\d+\.\d+)\)", (("torch.cuda", 1),)),
    ("detected CUDA version (", r"detected CUDA version \((\d+\.\d+)\)", (("cuda.toolkit_version",
    1),)),
    ("Cuda compilation tools", r"release (\d+\.\d+)(?:, V(\d+\.\d+\.\d+))?",
    (("cuda.toolkit_version", 1),)),
    ("/bin/nvcc", r"/usr/local/cuda-(\d+\.\d+)/bin/nvcc", (("cuda.toolkit_version", 1),)),
    ("Driver Version", r"Driver Version: (\d{3}\.\d+(?:\.\d+)?)", (("gpu.driver_version", 1),)),
    ("CUDA Version", r"Driver Version: .*CUDA Version: (\d+\.\d+)", (("gpu.driver_cuda", 1),)),
    ("driver version: ", r"(?i)nvidia driver version: (\d{3}\.\d+(?:\.\d+)?)",
    (("gpu.driver_version", 1),)),
    ("NVIDIA UNIX", r"NVRM version: NVIDIA UNIX \S+ Kernel Module +(\d{3}\.\d+(?:\.\d+)?)",
     (("gpu.kernel_module_version", 1),)),
    ("CUDA capability sm_", _GPU + r"(?: GPU)? with CUDA capability sm_(\d{2,3})[a-z]?",
    (("gpu.name", 1),)),
    ("with CUDA capability", _GPU + r" with CUDA capability (\d+\.\d)", (("gpu.name", 1),
     ("gpu.compute_capability", 2))),
    ("CUDA:0", r"CUDA:0 \(" + _GPU + r",", (("gpu.name", 1),)),
    ("GPU 0: ", r"GPU 0: " + _GPU + r"(?: \(UUID|$)", (("gpu.name", 1),)),
    ("name: NVIDIA", r"name: " + _GPU + r",", (("gpu.name", 1),)),
    ("Device 0: ", r"Device 0: " + _GPU + r", compute capability (\d+\.\d)",
     (("gpu.name", 1), ("gpu.compute_capability", 2))),
    ("compute capability: ", r"compute capability: (\d+\.\d)", (("gpu.compute_capability", 1),)),
    ("Ubuntu ", r"(?:^|[\s\"(:])(Ubuntu \d\d\.\d\d)", (("host.distribution", 1),)),
    ("Debian GNU/Linux", r"(Debian) GNU/Linux (\d+)", (("host.distribution", 0),)),
    ("CentOS Linux", r"(CentOS) Linux (?:release )?(\d+)", (("host.distribution", 0),)),
    ("Rocky Linux", r"(Rocky) Linux (?:release )?(\d+)", (("host.distribution", 0),)),
    ("Fedora Linux", r"(Fedora) Linux (\d+)", (("host.distribution", 0),)),
    ("-with-glibc", r"-with-glibc(\d\.\d+)", (("host.glibc_version", 1),)),
    ("ldd (", r"^ldd \(.{1,40}\) (\d\.\d+)", (("host.glibc_version", 1),)),
    ("ffmpeg version ", r"^ffmpeg version n?(\d+(?:\.\d+){1,2})", (("media.ffmpeg_version", 1),)),
    ("GCC", r"^gcc \(.{1,60}\) (\d+\.\d+\.\d+)", (("tool.version(gcc)", 1),)),
    ("gcc (", r"^gcc \(.{1,60}\) (\d+\.\d+\.\d+)", (("tool.version(gcc)", 1),)),
    ("cmake version ", r"^cmake version (\d+\.\d+(?:\.\d+)?)", (("tool.version(cmake)", 1),)),
    ("DEBUG uv ", r"^DEBUG uv (\d+\.\d+\.\d+)", (("tool.version(uv)", 1),)),
    ("total capac", r"(?:GPU \d+ has a |; )(?:total capac[a-z]+ of )?([\d.]+ [KMGT]iB)(?: tota"
                    r"l capac|  ?of which| of which)",
     (("gpu.total_memory", 1),)),
    ("is free", r"of which ([\d.]+ [KMGT]iB) is free", (("gpu.free_memory", 1),)),
    ("bytes free", r"already allocated; ([\d.]+ [KMGT]iB|0 bytes) free", (("gpu.free_memory", 1),)),
    ("iB free", r"already allocated; ([\d.]+ [KMGT]iB|0 bytes) free", (("gpu.free_memory", 1),)),
    ("supports CUDA capabilities", r"supports CUDA capabilities ((?:(?:sm|compute)_\d+[a-z]? ?)+)",
    (("torch.arch_list", 1),)),
    ("NumPy ", r"cannot be run in NumPy (\d+\.\d+(?:\.\d+)?)|^NumPy (\d+\.\d+\.\d+) as it may "
               r"crash|Got NumPy (\d+\.\d+)",
     (("package.version(numpy)", 0),)),
    ("wandb version ", r"wandb version (\d+\.\d+\.\d+)", (("package.version(wandb)", 1),)),
    ("ransformers version", r"`?[Tt]ransformers`? version:? (\d+\.\d+\.\d+\S*)", ((
        "package.version(transformers)", 1),)),
    ("obot version", r"[Ll]e[Rr]obot version: (\d+\.\d+\.\d+\S*)", (("package.version(lerobot)",
    1),)),
    ("vLLM ", r"vLLM (?:API server |LLM engine )?\(?(?:version |v)(\d+\.\d+\.\d+\S*?)\)?(?:\s|$)",
    (("package.version(vllm)", 1),)),
    ("Ultralytics", r"Ultralytics (?:YOLOv)?(\d+\.\d+\.\d+) 🚀", (("package.version(ultralytics)",
    1),)),
)  # fmt: skip
_STATES = (
    ("Driver/library version mismatch", "gpu.state", "mismatch"),
    ("NVIDIA-SMI has failed because", "gpu.state", "no-driver"),
    ("Found no NVIDIA driver", "gpu.state", "no-driver"),
    ("Torch not compiled with CUDA enabled", "torch.is_cpu_build", True),
    ("microsoft-standard-WSL", "host.is_wsl", True),
    ("/usr/lib/wsl/", "host.is_wsl", True),
    ("cannot open shared object file", "host.os", "linux"),
    ("Is CUDA available: False", "torch.cuda_available", False),
    ("Is CUDA available: True", "torch.cuda_available", True),
    ("slurmstepd: ", "host.platform", "slurm"),
    ("srun: error", "host.platform", "slurm"),
)  # fmt: skip


def read(document: Document, failures: Sequence[Failure]) -> tuple[Fact, ...]:
    """The facts that ``document`` states, each with the line it stands on."""
    return _Collector(document, failures).collect()


class _Collector:
    def __init__(self, document: Document, failures: Sequence[Failure]) -> None:
        self.document = document
        self.failures = failures
        self.stream = Stream(list(document.lines), range(len(document.lines)))
        self.facts: dict[str, Fact] = {}

    def collect(self) -> tuple[Fact, ...]:
        from troubleshoot import paths

        text = self.stream.text
        self._table(text)
        if (
            "install" in text
            or "==" in text
            or "requires " in text
            or "Requirement " in text
            or (
                "\nPackage " in text
                or "# packages in environment" in text
                or text.startswith("Package ")
            )
        ):
            from troubleshoot import freezes

            freezes.read(self.stream, self.add)
        if "(from version" in text:
            from troubleshoot import offers

            offers.read(self.stream, self.add)
        paths.read(self.stream, self.failures, self.add)
        self._gpu(text)
        if (
            "$" in text
            or ">" in text
            or "!" in text
            or "# " in text
            or "python" in text
            or "run" in text
        ):
            self._command()
        self._torch()
        return tuple(self.facts.values())

    def add(self, name: str, value: Value, because: str, line: int) -> None:
        """Keep a fact; the first of a name stays, but a longer version of the same wins."""
        present = self.facts.get(name)
        if present is not None:
            longer = (
                isinstance(value, str)
                and isinstance(present.value, str)
                and (value.startswith(present.value + "."))
            )
            if not longer:
                return
        self.facts[name] = Fact(name, value, TEXT, because, line)

    def _table(self, text: str) -> None:
        for literal, pattern, targets in _TABLE:
            if literal not in text:
                continue
            for at, line in self.stream.lines_with((literal,))[:20]:
                found = compiled(pattern).search(line[:LONGEST])
                if found is None:
                    continue
                for name, group in targets:
                    if group:
                        value = found.group(group)
                    else:
                        value = " ".join(part for part in found.groups() if part)
                    self.add(name, _typed(name, value.strip()), line.strip()[:120], at)
                if "sm_" in literal and found.lastindex == 2:
                    digits = found.group(2)
                    self.add(
                        "gpu.compute_capability",
                        f"{digits[:-1]}.{digits[-1]}",
                        line.strip()[:120],
                        at,
                    )
                break
        for literal, name, state in _STATES:
            if literal in text:
                at, line = self.stream.lines_with((literal,))[0]
                self.add(name, state, line.strip()[:120], at)

    def _gpu(self, text: str) -> None:
        """nvidia-smi's table, and processes that an out-of-memory message lists."""
        if "MiB /" in text or "GeForce" in text or "Tesla" in text or "NVIDIA" in text:
            for at, line in self.stream.lines_with(("|   0  ", "| 0  ", "| N/A ", "MiB / "))[:6]:
                row = compiled(
                    r"\|\s+0\s+((?:NVIDIA |Tesla |GeForce |Quadro )\S.*?)(?:\.\.\.)?\s+(?:On"
                    r"|Off|WDDM|TCC|N/A)\s"
                ).match(line)
                if row:
                    self.add("gpu.name", row.group(1).strip(), line.strip()[:120], at)
                memory = compiled(r"(\d+)MiB / +(\d+)MiB").search(line)
                if memory:
                    self.add(
                        "gpu.total_memory", int(memory.group(2)) * 2**20, line.strip()[:120], at
                    )
                    break
            for at, line in self.stream.lines_with(("CUDA:0 (",))[:2]:
                memory = compiled(r"CUDA:0 \([^()]{3,60}, (\d+)(?:MB|MiB)\)").search(line[:LONGEST])
                if memory:
                    self.add(
                        "gpu.total_memory", int(memory.group(1)) * 2**20, line.strip()[:120], at
                    )
        if "memory in use" in text:
            for at, line in self.stream.lines_with((" memory in use",))[:3]:
                others = compiled(r"\bProcess (\d+) has ([\d.]+ [KMGT]iB) memory in use").findall(
                    line[:LONGEST]
                )
                if others:
                    size = sum(_size(amount) for _, amount in others)
                    self.add("gpu.foreign_memory", size, line.strip()[:120], at)
                    break
        if "too old (found version" in text:
            at, line = self.stream.lines_with(("too old (found version",))[0]
            found = compiled(r"found version (\d{4,5})").search(line[:LONGEST])
            if found:
                number = int(found.group(1))
                version = f"{number // 1000}.{number % 1000 // 10}"
                self.add("gpu.driver_cuda", version, line.strip()[:120], at)
        if "torch.__version__" in text:
            at, line = self.stream.lines_with(("torch.__version__",))[0]
            below = self.document.lines[at + 1].strip() if at + 1 < len(self.document.lines) else ""
            found = compiled(r"'?(\d\.\d+\.\d+(?:\+\w+)?)'?$").match(below[:60])
            if found and line.lstrip(">. ").startswith(("torch.__version__", "print(torch")):
                self.add("torch.version", found.group(1), below, at + 1)
        if "is_available()" in text:
            for at, line in self.stream.lines_with(("is_available()",))[:4]:
                if not line.lstrip(">. ").startswith(
                    ("torch.cuda.is_available", "print(torch", "import torch")
                ):
                    continue
                for later in range(at + 1, min(at + 5, len(self.document.lines))):
                    answer = self.document.lines[later].strip()
                    if answer in ("True", "False"):
                        self.add("torch.cuda_available", answer == "True", answer, later)
                        break

    def _torch(self) -> None:
        """The local part of torch's version says which CUDA it was built for."""
        package = self.facts.get("package.version(torch)")
        version = self.facts.get("torch.version")
        if version is None and package is not None:
            self.facts["torch.version"] = Fact(
                "torch.version", package.value, TEXT, package.because, package.line
            )
            version = package
        if version is None or not isinstance(version.value, str):
            return
        local = version.value.partition("+")[2]
        if local.startswith("cu") and local[2:].isdigit():
            digits = local[2:]
            self.add("torch.cuda", f"{digits[:-1]}.{digits[-1]}", version.because, version.line)
        elif local == "cpu":
            self.add("torch.cuda", "", version.because, version.line)
            self.add("torch.is_cpu_build", True, version.because, version.line)

    def _command(self) -> None:
        """The last command that was typed before the first failure."""
        limit = min((failure.start for failure in self.failures), default=len(self.document.lines))
        lines = self.document.lines
        best: tuple[int, str] | None = None
        for at in range(min(limit + 1, len(lines), 20_000)):
            line = lines[at]
            if len(line) > 1500 or len(line) < 4:
                continue
            command = _typed_command(line)
            if command:
                best = at, command
        if best is None:
            return
        at, command = best
        parts = [command]
        while parts[-1].endswith(("\\", "^", "`")) and at + 1 < len(lines) and len(parts) < 40:
            parts[-1] = parts[-1][:-1].rstrip()
            at += 1
            parts.append(lines[at].strip())
        self.add("run.command", " ".join(part for part in parts if part)[:1500], "typed", best[0])


_PROMPT = (
    r"(?:\$ |(?:\([\w.-]+\) ?){0,2}(?:[\w.-]+@[\w.-]+[: ][^$#%>]{0,80}[$#%] ?"
    r"|[~/][\w./~-]{0,80}[$%#] "
    r"|\[[\w.-]+@[\w.-]+ [^\]]{0,60}\][$#] ?)|(?:\([\w.-]+\) ?)?(?:PS )?[A-Za-z]:\\[^>]{0,120}> ?"
    r"|(?:\([\w.-]+\) )?❯ |!(?=\w)|% )(\S.*)$"
)
_BARE = (
    r"(?:[A-Z_]+=\S+ )*(?:(?:\S*/)?python[\d.]* (?:-\w+ )*(?:\S+\.py|-m \S+|-c )|torchrun "
    r"|accelerate launch |deepspeed "
    r"|lerobot-\w+ |uv (?:pip|run|sync|add) |(?:\S*/)?pip3? install |conda (?:install|create"
    r"|env) |mpirun |ray start |docker run )"
)


def _typed_command(line: str) -> str:
    first = line[0]
    if first in "$([!%❯~/" or "@" in line[:80] or line[1:3] == ":\\" or line.startswith("PS "):
        found = compiled(_PROMPT).match(line)
        if found:
            return str(found.group(1)).strip()
    if (
        (first.isalpha() or first in "./")
        and any(word in line for word in ("python", "run", "install", "lerobot-", "launch"))
        and compiled(_BARE).match(line)
        and not line.endswith(":")
    ):
        return line.partition("  #")[0].strip()
    return ""


def _typed(name: str, value: str) -> Value:
    """The value as the fact's type wants it."""
    if name.endswith("_memory"):
        return _size(value)
    if name == "torch.arch_list":
        return tuple(value.split())
    if name == "host.distribution":
        return value.lower()
    if name == "python.version" and "." not in value:
        return f"{value[0]}.{value[1:]}"
    return value


def _size(text: str) -> int:
    number, _, unit = text.partition(" ")
    try:
        return int(float(number) * _UNITS.get(unit[:1], 1))
    except (ValueError, OverflowError):
        return 0
