"""What a module costs, for a plan: it is built without memory for its weights."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from grokspec.models._module_together import why_one_by_one
from grokspec.models.base import Size
from grokspec.streams import RandomStream

if TYPE_CHECKING:
    from grokspec.models.module import Module

EXAMPLES = 2
"""How many are counted for; a layer may need more than one."""


class ModuleSize(NamedTuple):
    """The size of a module, and the arithmetic of its forward pass for one example, in flop."""

    size: Size
    flops: float
    why_one_by_one: str | None
    """Why its runs cannot go together, as far as that shows; see `_module_together`."""


def size_of(model: Module, input_size: int) -> ModuleSize:
    """Count what a module needs; estimated where it cannot be built without memory.

    Runs the user's code. Raises a UserCodeError if the module cannot be built at all.
    """
    call = model.class_.load()
    arguments = json.dumps(model.arguments, sort_keys=True, default=str)
    key = (call, arguments, model.input_shape, input_size)
    if key not in _SIZES:
        _SIZES[key] = _size_of(model, call, input_size)
    return _SIZES[key]


_SIZES: dict[tuple[Any, ...], ModuleSize] = {}


def _size_of(model: Module, call: Callable[..., nn.Module], input_size: int) -> ModuleSize:
    # The user's code may do what tensors without numbers cannot do.
    with (
        contextlib.suppress(Exception),
        RandomStream(0, torch.device("cpu")).tried(),
        torch.device("meta"),
    ):
        module = call(**model.arguments).eval()
        return _counted(module, model.input_shape or (input_size,))
    return _estimated(model, input_size)


def _counted(module: nn.Module, shape: tuple[int, ...]) -> ModuleSize:
    example = torch.zeros(EXAMPLES, *shape, device="meta")
    try:
        activations, flops = _of_forward(module, example)
    except RuntimeError:  # it may take tokens
        example = example.long()
        activations, flops = _of_forward(module, example)
    weights = sum(p.numel() for p in module.parameters() if p.requires_grad)
    size = Size(weights, math.ceil(activations / EXAMPLES))
    return ModuleSize(size, flops / EXAMPLES, _why_one_by_one(module, example))


def _of_forward(module: nn.Module, example: Tensor) -> tuple[int, float]:
    """The numbers that a forward pass keeps for the backward pass, and its arithmetic."""
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[id(tensor)] = tensor
        return tensor

    with FlopCounterMode(display=False) as counter, saved_tensors_hooks(keep, lambda t: t):
        module(example)
    own = {id(p) for p in module.parameters()}
    activations = sum(t.numel() for key, t in kept.items() if key not in own)
    return activations, float(counter.get_total_flops())


def _estimated(model: Module, input_size: int) -> ModuleSize:
    from grokspec.models._module import Built

    built = Built(model, 0, input_size)
    weights = sum(weight.numel() for weight in built.weights.values())
    example = torch.zeros(EXAMPLES, *(model.input_shape or (input_size,)))
    with built.stream.tried():
        why = _why_one_by_one(built.module, example)
    return ModuleSize(Size(weights, input_size), 2.0 * weights, why)


def _why_one_by_one(module: nn.Module, example: Tensor) -> str | None:
    try:
        return why_one_by_one(module, example)
    except Exception:  # a mistake of the user, or what needs numbers, shows when it trains
        return None
