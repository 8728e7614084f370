"""The activations φ of networks: their values, and pullbacks for backpropagation by hand."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

ActivationName = Literal[
    "relu",
    "tanh",
    "square",
    "gelu",
    "silu",
    "softplus",
    "sigmoid",
    "elu",
    "leaky_relu",
    "identity",
]
"""Those of `torch.nn.functional` with its defaults (so "gelu" is exact, and "leaky_relu" has the
slope 0.01 below zero), the square, and none at all."""


class Activation(NamedTuple):
    """A function φ of each number h of a tensor."""

    value: Callable[[Tensor], Tensor]
    """φ(h)."""
    pullback: Callable[[Tensor, Tensor, Tensor], Tensor]
    """From ∂L/∂φ, h and φ(h) to ∂L/∂h, which is ``∂L/∂φ · φ'(h)``."""


def activation_named(name: ActivationName) -> Activation:
    return _activations()[name]


@functools.cache
def _activations() -> Mapping[ActivationName, Activation]:
    import torch
    from torch.nn import functional

    aten = torch.ops.aten
    return {
        "relu": Activation(torch.relu, lambda slope, h, phi: slope * (h > 0).to(h.dtype)),
        "tanh": Activation(torch.tanh, lambda slope, h, phi: slope * (1 - phi**2)),
        "square": Activation(torch.square, lambda slope, h, phi: slope * (2 * h)),
        "gelu": Activation(functional.gelu, lambda slope, h, phi: aten.gelu_backward(slope, h)),
        "silu": Activation(functional.silu, lambda slope, h, phi: aten.silu_backward(slope, h)),
        "softplus": Activation(
            functional.softplus, lambda slope, h, phi: aten.softplus_backward(slope, h, 1, 20)
        ),
        "sigmoid": Activation(
            torch.sigmoid, lambda slope, h, phi: aten.sigmoid_backward(slope, phi)
        ),
        "elu": Activation(
            functional.elu, lambda slope, h, phi: aten.elu_backward(slope, 1, 1, 1, False, h)
        ),
        "leaky_relu": Activation(
            functional.leaky_relu,
            lambda slope, h, phi: aten.leaky_relu_backward(slope, h, 0.01, False),
        ),
        "identity": Activation(lambda h: h, lambda slope, h, phi: slope),
    }
