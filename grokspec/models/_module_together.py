"""Why the runs of a module cannot go together, as far as that shows before they train.

`ModuleEvaluator` decides by trying. What it finds is mostly seen in one forward pass in training
mode, also of tensors without numbers: whether random numbers are drawn, whether buffers change, and
whether `torch.func.vmap` can run it. What depends on numbers shows only when they are there.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode

OPERATION = re.compile(r"aten::[\w.]*\w")


def why_one_by_one(module: nn.Module, example: Tensor) -> str | None:
    """The reason in words, or None if none shows. ``example`` is [example, ...].

    Buffers may change, and random numbers may be drawn.
    """
    module.train()
    with sdpa_kernel(SDPBackend.MATH):
        with _Watch(module) as watch:
            module(example)
        return watch.found or _why_no_vmap(module, example)


class _Watch(TorchDispatchMode):
    """Notices the first module within a module that draws random numbers or changes buffers."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.found: str | None = None
        self._running: list[tuple[nn.Module, dict[str, Any]]] = []
        self._hooks = [
            remove
            for part in module.modules()
            for remove in (
                part.register_forward_pre_hook(self._enter),
                part.register_forward_hook(self._leave),
            )
        ]

    def __exit__(self, *raised: Any) -> None:
        for hook in self._hooks:
            hook.remove()
        super().__exit__(*raised)

    def __torch_dispatch__(
        self, operation: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if torch.Tag.nondeterministic_seeded in operation.tags and self._running:
            self._note(f"{_name(self._running[-1][0])} draws random numbers in training")
        return operation(*args, **(kwargs or {}))

    def _enter(self, part: nn.Module, inputs: Any) -> None:
        self._running.append((part, _versions(part)))

    def _leave(self, part: nn.Module, inputs: Any, outputs: Any) -> None:
        _, before = self._running.pop()
        after = _versions(part)
        if changed := [name for name in after if after[name] != before.get(name)]:
            running = isinstance(part, nn.modules.batchnorm._NormBase)
            what = "running statistics" if running else ", ".join(changed)
            self._note(f"{_name(part)} changes its {what} in training")

    def _note(self, found: str) -> None:
        self.found = self.found or found


def _versions(part: nn.Module) -> dict[str, tuple[int, int]]:
    """What changes with each of a module's own buffers."""
    return {name: (id(b), b._version) for name, b in part.named_buffers(recurse=False)}


def _why_no_vmap(module: nn.Module, example: Tensor) -> str | None:
    pairs = {name: torch.stack([p, p]) for name, p in module.named_parameters() if p.requires_grad}

    def outputs(weights: dict[str, Tensor], inputs: Tensor) -> Tensor:
        result: Tensor = functional_call(module, weights, (inputs,))
        return result

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*performance drop")
            vmap(outputs)(pairs, torch.stack([example, example]))
    except Exception as error:  # whatever a user's module does that vmap cannot do
        if "batching rule" in str(error).lower() and (operation := OPERATION.search(str(error))):
            return f"torch.func.vmap cannot batch {operation[0]}"
        return f"torch.func.vmap cannot run it: {str(error).strip().partition(chr(10))[0]}"
    return None


def _name(module: nn.Module) -> str:
    """As a user would write it."""
    kind = type(module)
    return f"torch.nn.{kind.__name__}" if kind.__module__.startswith("torch.nn.") else kind.__name__
