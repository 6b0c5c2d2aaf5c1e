"""Names the first module and parameter that became nan or inf, while a model trains.

``watch(model, optimizer)`` costs one reduction over the model's output each step and one over all
gradients every few steps. Only when something is not finite the step is looked at closely: the
forward pass is repeated on the same input with a check after every module. What was found is
printed on one line and written to a fact file that ``whyfail`` reads.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SIGN = "whyfail sentinel: "
"""How the printed line begins; `whyfail` looks for it in a log."""


class Watch:
    """A model under watch.

    Args:
        model: any module; its own output is checked after each forward pass in training mode.
        optimizer: its step tells the steps apart; None: each forward pass is a step.
        every: gradients are checked every so many steps.
        path: where the fact file is written.
        stop: raise ``FloatingPointError`` when something is found.
    """

    def __init__(
        self,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer | None = None,
        *,
        every: int = 16,
        path: str | Path = "whyfail-sentinel.json",
        stop: bool = False,
    ) -> None:
        self.model = model
        self.path = Path(path)
        self.found: dict[str, Any] = {}
        self._every = max(1, every)
        self._stop = stop
        self._step = 0
        self._batch: Any = None
        self._counts_forward = optimizer is None
        self._is_repeating = False
        self._handles: list[Any] = [model.register_forward_hook(self._after_forward)]
        if optimizer is not None:
            self._handles.append(optimizer.register_step_pre_hook(self._before_step))

    def close(self) -> None:
        """Take all hooks off the model and the optimizer."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def _after_forward(self, model: torch.nn.Module, inputs: Any, output: Any) -> None:
        if self._is_repeating or self.found or not model.training:
            return
        self._batch = inputs
        if self._counts_forward:
            self._step += 1
        if _is_finite(output):
            return
        module = self._first_bad_module(inputs)
        parameter = next(
            (name for name, each in model.named_parameters() if not _is_finite(each)), ""
        )
        self._tell(module=module, parameter=parameter, what="an activation", inputs=inputs)

    def _before_step(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        self._step += 1
        if self.found or (self._step % self._every and self._step > 1):
            return
        gradients = [each.grad for each in self.model.parameters() if each.grad is not None]
        if not gradients or _all_finite(gradients):
            return
        names = [
            name for name, each in self.model.named_parameters()
            if each.grad is not None and not _is_finite(each.grad)
        ]  # fmt: skip
        # the backward pass runs from the last parameter to the first
        parameter = names[-1] if names else ""
        self._tell(module="", parameter=parameter, what="a gradient", inputs=self._batch)

    def _first_bad_module(self, inputs: Any) -> str:
        """The first module, in order of execution, whose output is not finite."""
        first: list[str] = []

        def check(name: str) -> Any:
            def hook(module: torch.nn.Module, given: Any, output: Any) -> None:
                if not first and _is_finite(given) and not _is_finite(output):
                    first.append(name)

            return hook

        handles = [
            module.register_forward_hook(check(name))
            for name, module in self.model.named_modules()
            if name
        ]
        buffers = {name: each.clone() for name, each in self.model.named_buffers()}
        self._is_repeating = True
        try:
            with torch.random.fork_rng(), torch.no_grad():
                self.model(*inputs)
        except Exception:
            return first[0] if first else ""
        finally:
            self._is_repeating = False
            for handle in handles:
                handle.remove()
            with torch.no_grad():
                for name, each in self.model.named_buffers():
                    each.copy_(buffers[name])
        return first[0] if first else ""

    def _tell(self, *, module: str, parameter: str, what: str, inputs: Any) -> None:
        self.found = {
            "sentinel.step": self._step,
            "sentinel.first_bad_module": module,
            "sentinel.first_bad_parameter": parameter,
            "sentinel.batch": statistics(inputs),
        }
        facts = {
            name: {"value": value, "because": "the torch sentinel saw it"}
            for name, value in self.found.items()
            if value != ""
        }
        text = json.dumps({"schema": "whyfail-facts/1", "facts": facts}, indent=1)
        place = ""
        try:
            self.path.write_text(text + "\n", encoding="utf-8")
            place = f"; facts in {self.path.resolve()}"
        except OSError as error:
            place = f"; facts not written: {error}"
        where = " of ".join(
            each for each in (f"parameter {parameter}" if parameter else "",
                              f"module {module}" if module else "") if each
        )  # fmt: skip
        line = f"{SIGN}{what} is not finite at step {self._step}"
        print(f"{line}{f' ({where})' if where else ''}{place}", file=sys.stderr, flush=True)
        if self._stop:
            raise FloatingPointError(f"{what} is not finite at step {self._step} ({where})")


def watch(
    model: torch.nn.Module, optimizer: torch.optim.Optimizer | None = None, **options: Any
) -> Watch:
    """Watch a model for values that are not finite (see `Watch` for the options)."""
    return Watch(model, optimizer, **options)


def _tensors(value: Any) -> list[torch.Tensor]:
    """Floating-point tensors in an output, however it is nested (two levels)."""
    if isinstance(value, torch.Tensor):
        return [value] if value.is_floating_point() else []
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [each for item in value for each in ([item] if isinstance(item, torch.Tensor)
                else _tensors(item) if isinstance(item, dict | list | tuple) else [])
                if each.is_floating_point()]  # fmt: skip
    return []


def _is_finite(value: Any) -> bool:
    """Whether all floating-point tensors in a value are finite."""
    return all(
        # a sum is not finite if any part is not; only then every element is looked at
        bool(torch.isfinite(each.detach().sum())) or bool(torch.isfinite(each.detach()).all())
        for each in _tensors(value)
    )


def _all_finite(tensors: list[torch.Tensor]) -> bool:
    norms = torch._foreach_norm(tensors)
    if bool(torch.isfinite(torch.stack([each.cpu() for each in norms]).sum())):
        return True
    return all(bool(torch.isfinite(each).all()) for each in tensors)


def statistics(inputs: Any) -> str:
    """Shapes, range and share of finite values of a batch, never the values themselves."""
    found = []
    for position, each in enumerate(_tensors(inputs)):
        data = each.detach().float()
        finite = torch.isfinite(data)
        share = float(finite.float().mean())
        kept = data[finite]
        if kept.numel():
            low, high, mean = float(kept.min()), float(kept.max()), float(kept.mean())
            size = f"min {low:.4g}, max {high:.4g}, mean {mean:.4g}, "
        else:
            size = ""
        found.append(f"input {position} {list(data.shape)}: {size}{share:.0%} finite")
    return "; ".join(found)
