"""Series of numbers in a training log, whatever trainer printed them.

Understood are ``key:value`` and ``key=value`` lines (LeRobot, fairseq, Lightning and tqdm
postfixes, Keras, nanoGPT, RSL-RL), Python dicts (HF Trainer), two-column tables
(Stable-Baselines3), tables with a header row (ray tune), and GPU utilisation in nvidia-smi's
and gpustat's tables. Names are brought to one form; the printed name is kept.
"""

from __future__ import annotations

import math

from troubleshoot.records import record
from troubleshoot.shapes import compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from troubleshoot.document import Document

MOST_SERIES = 300
LONGEST = 2000  # characters of a line that are read


@record
class Series:
    """One quantity over a run.

    Attributes:
        name: the common name, such as ``grad_norm``.
        printed: the name as first printed, such as ``grdn``.
        values: the numbers, with nan and inf where the log has them.
        steps: for each value the training step, or -1 where none is known.
        lines: for each value the index of its line in the document.
    """

    name: str
    printed: str
    values: tuple[float, ...]
    steps: tuple[int, ...]
    lines: tuple[int, ...]


_ALIASES = {
    "grad_norm": "grdn grad_norm gradnorm gnorm gradient_norm grad_norm_total total_grad_norm "
    "total_norm grad_l2 global_grad_norm grad_norms mean_grad_norm gradients_norm",
    "learning_rate": "lr learning_rate lr0 lr_pg0 lr_adam current_lr cur_lr curr_lr lrs "
    "learningrate current_learning_rate base_lr policy_lr",
    "loss": "loss train_loss training_loss loss_train loss_step train_loss_step running_loss "
    "avg_loss mean_loss batch_loss lm_loss train_avg_loss average_loss loss_avg "
    "total_loss loss_total",
    "eval_loss": "eval_loss val_loss valid_loss validation_loss loss_val test_loss dev_loss",
    "reward": "reward mean_reward ep_rew_mean episode_reward_mean episode_return_mean reward_mean "
    "mean_episode_reward average_reward avg_reward ep_reward eprewmean return mean_return "
    "episode_reward episodic_return average_return mean_rewards env_runners_episode_return_mean",
    "accuracy": "accuracy acc train_acc train_accuracy acc1 acc_1 top1 prec_1 categorical_accuracy "
    "sparse_categorical_accuracy",
    "eval_accuracy": "val_accuracy val_acc eval_accuracy valid_acc test_acc test_accuracy",
    "data_time": "data_s data_time dataloading_s data_loading_time data_seconds time_data load"
                 "er_time",
    "update_time": "updt_s update_s update_time batch_time step_time time_step iter_time train"
                   "_step_time",
    "gpu_utilization": "gpu_utilization gpu_util gpu_utilisation gpu_usage utilization_gpu "
    "gpu_percent util_gpu gpu_load system_gpu_0_gpu",
    "conflict_ratio": "conflict_ratio conflict_rate grad_conflict_ratio conflicts_ratio",
    "conflict": "conflict",
    "lambda": "lambda λ lam lambda_ lagrange lagrange_multiplier lagrangian_multiplier",
    "loss_scale": "loss_scale scale grad_scale",
    "episode_length": "ep_len_mean mean_episode_length episode_len_mean eplenmean episode_leng"
                      "th_mean",
    "approx_kl": "approx_kl kl mean_kl approxkl kl_divergence",
    "throughput": "fps samples_per_second train_samples_per_second tokens_per_second tok_s wps ups",
}  # fmt: skip
NAMES = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()}
_STEPS = frozenset(
    [
        "step",
        "steps",
        "global_step",
        "it",
        "iter",
        "iteration",
        "iterations",
        "total_timesteps",
        "num_updates",
        "update",
        "updates",
        "train_step",
        "total_steps",
        "timesteps",
        "env_steps",
        "learning_iteration",
        "iter_num",
        "optimizer_step",
        "ts",
        "num_env_steps_sampled_lifetime",
        "trainer_global_step",
        "batch_idx",
        "nupdates",
    ]
)
_NUMBER = (
    r"[-+]?(?:\d{1,18}(?:\.\d{0,20})?(?:[eE][-+]?\d{1,4})?|\.\d{1,20}(?:[eE][-+]?\d{1,4}"
    r")?|(?i:nan|inf(?:inity)?)\b)"
)
_PAIR = (
    r"(?<![\w/.\\-])([A-Za-zλ_][\w/@.%-]{0,60}(?:[ _-][a-zA-Z][\w/@]{1,20}){0,3}?)['\"]?\s{0,1"
    r"2}[:=]\s{0,24}"
    r"(?:tensor\(|np\.float\d\d\(|array\(|\[)?("
    + _NUMBER
    + r")([KMB](?![A-Za-z])|%)?(?![\w:]|\.\d|/\d|-\d)"
)
_SPACED = (
    r"(?<![\w/.-])([Ll]oss|LOSS|[Aa]cc@?1?|Prec@1|lr|LR|[Ll]earning rate|grad norm|ppl|gnorm"
    r"|num_updates"
    r"|loss_scale|nll_loss|valid_loss|[A-Za-z_]{2,20}_loss)[ \t]{1,6}(" + _NUMBER + r")()(?![\w:/])"
)
_STEP = (
    r"(?i)(?:\b(?:global[_ ])?(?:steps?|iter(?:ation)?s?|num_updates|updates?"
    r"|it)\b[\]\s:=#/\[(]{1,4}(\d{1,12})"
    r"([KMB](?![A-Za-z]))?|\| *(\d{1,9})/\d{1,9} \[)"
)
_SCALE = {"K": 1e3, "M": 1e6, "B": 1e9, "%": 1.0}
_MARKS = {"✓": 1.0, "✔": 1.0, "✗": 0.0, "✘": 0.0, "×": 0.0}


def read(document: Document) -> Mapping[str, Series]:
    """All series of a log by their common names, in the order in which they begin."""
    return _Scanner(document).scan()


def common_name(printed: str) -> str:
    """The name that a quantity goes by here: ``grdn`` and ``train/grad_norm`` are ``grad_norm``."""
    plain = printed.strip(" '\"").lower().replace(" ", "_").replace("-", "_").replace("@", "_")
    found = NAMES.get(plain)
    if found:
        return found
    parts = [part for part in compiled(r"[/.:]").split(plain) if part]
    if len(parts) > 1:
        found = NAMES.get("_".join(parts)) or NAMES.get(parts[-1], parts[-1])
        if parts[0] in ("eval", "val", "valid", "validation", "test") and found in (
            "loss",
            "accuracy",
        ):
            return f"eval_{found}"
        return found
    return plain


class _Scanner:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.values: dict[str, tuple[str, list[float], list[int], list[int]]] = {}
        self.names: dict[str, str] = {}
        self.step = -1
        self.columns: list[str] = []  # of a table with a header row
        self.block: list[list[int]] = []  # steps of a two-column table, whose own comes late
        self.seen = 0

    def scan(self) -> Mapping[str, Series]:
        code = False
        for index, line in enumerate(self.document.lines):
            if len(line) < 4:
                continue
            if line.startswith("  File ") or 'File "' in line[:20]:
                code = True
                continue
            if code:
                code = False
                if line[:1] == " ":
                    continue
            bar = line.lstrip()[:1]
            if bar == "|" or bar == "│":
                self._row(line[:LONGEST], index)
                continue
            if self.block and not line.startswith(("-", "+")):
                self.block.clear()
            colon = ":" in line or "=" in line
            if "teration " in line:
                self._find_step(line)
            if (
                not colon
                and "oss " not in line
                and "rror " not in line
                and "lr " not in line
                and "°C" not in line
            ):
                continue
            self._pairs(line[:LONGEST], index)
        return {
            name: Series(name, printed, tuple(values), tuple(steps), tuple(lines))
            for name, (printed, values, steps, lines) in self.values.items()
        }

    def _pairs(self, line: str, index: int) -> None:
        found = list(compiled(_PAIR).finditer(line))
        if "oss " in line or "| " in line or "lr " in line:
            found += compiled(_SPACED).finditer(line)
        marks = "✓" in line or "✗" in line or "✔" in line or "✘" in line
        degrees = "°C" in line
        if not found and not marks and not degrees:
            return
        self._find_step(line)
        here: set[str] = set()
        for match in found:
            self._add(match.group(1), match.group(2), match.group(3) or "", index, here)
        if marks:
            for match in compiled(r"([A-Za-z_]\w{0,40})\s?[:=]\s?([✓✔✗✘×])").finditer(line):
                self._keep(match.group(1), _MARKS[match.group(2)], index)
        if degrees:
            used = compiled(r"°C, {1,4}(\d{1,3}) ?%").search(line)
            if used:
                self._keep("gpu_utilization", float(used.group(1)), index)

    def _find_step(self, line: str) -> None:
        if (
            "tep" in line
            or "ter" in line
            or "it" in line
            or "updates" in line
            or "/" in line
            or "TEP" in line
        ):
            found = compiled(_STEP).search(line)
            if found:
                if found.group(3):
                    self.step = int(found.group(3))
                else:
                    self.step = int(
                        int(found.group(1)) * _SCALE.get((found.group(2) or "").upper(), 1.0)
                    )

    def _add(self, printed: str, number: str, suffix: str, index: int, here: set[str]) -> None:
        printed = printed.strip()
        if printed.endswith((".py", ".cc", ".cpp", ".cu", ".go")):
            return
        name = self.names.get(printed)
        if name is None:
            name = common_name(printed)
            if len(self.names) < 4 * MOST_SERIES:
                self.names[printed] = name
        if name in here:
            return
        here.add(name)
        try:
            value = float(number) * _SCALE.get(suffix, 1.0)
        except (ValueError, OverflowError):
            return
        if name in _STEPS:
            if math.isfinite(value) and abs(value) < 1e15:
                self.step = int(value)
                for steps in self.block:
                    steps[-1] = self.step
                self.block.clear()
            return
        self._keep(printed, value, index, name)

    def _keep(self, printed: str, value: float, index: int, name: str = "") -> None:
        name = name or common_name(printed)
        entry = self.values.get(name)
        if entry is None:
            if len(self.values) >= MOST_SERIES:
                return
            entry = self.values[name] = (printed, [], [], [])
        entry[1].append(value)
        entry[2].append(self.step)
        entry[3].append(index)

    # tables -------------------------------------------------------------------------------

    def _row(self, line: str, index: int) -> None:
        cells = [cell.strip() for cell in line.strip().strip("|│").replace("│", "|").split("|")]
        if "MiB" in line and "%" in line:
            used = compiled(r"MiB *\| *(\d{1,3})% +\w").search(line)
            if used:
                self._keep("gpu_utilization", float(used.group(1)), index)
            return
        if len(cells) == 2:
            self.columns = []
            value = compiled(_NUMBER + r"\s*$").match(cells[1])
            if value and cells[0] and not cells[0].endswith("/"):
                before = {name: len(entry[1]) for name, entry in self.values.items()}
                self._add(cells[0], cells[1], "", index, set())
                for name, entry in self.values.items():
                    if len(entry[1]) > before.get(name, 0) and len(self.block) < 100:
                        self.block.append(entry[2])
            return
        if (
            len(cells) > 2
            and any("reward" in cell or "loss" in cell or cell == "iter" for cell in cells)
            and not compiled(r"\d").search(line)
        ):
            self.columns = cells
            return
        if self.columns and len(cells) == len(self.columns):
            here: set[str] = set()
            pairs = list(zip(self.columns, cells))
            pairs.sort(key=lambda pair: pair[0] not in ("iter", "ts"))
            for name, cell in pairs:
                if compiled(_NUMBER + r"$").match(cell):
                    self._add(name, cell, "", index, here)
            return
        self._pairs(" | ".join(cells), index)
