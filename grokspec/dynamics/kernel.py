"""The neural tangent kernel by automatic differentiation (Eq. 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float, Real
from torch import Tensor

if TYPE_CHECKING:
    from grokspec.models.base import Model


def tangent_kernel(
    model: Model,
    weights: Mapping[str, Tensor],
    inputs: Real[Tensor, "example ..."],
    scalars: Mapping[str, Tensor],
) -> Float[Tensor, "example example"]:
    """``Σ ∂g/∂w · ∂g/∂w'`` of one run's outputs, summed over outputs."""
    from torch.func import jacrev

    slopes = jacrev(model.output)(dict(weights), inputs, scalars)
    flat = torch.cat([slope.flatten(2) for slope in slopes.values()], -1)
    return torch.einsum("aow,bow->ab", flat, flat)


def kernel_of_draw(
    model: Model, weights: Mapping[str, np.ndarray], inputs: np.ndarray
) -> np.ndarray:
    """The `tangent_kernel` at some weights, as arrays in float64."""
    scalars = {
        name: torch.tensor(float(getattr(model, name)), dtype=torch.float64)
        for name in model.stackable_fields()
    }
    drawn = {name: torch.from_numpy(np.asarray(w, dtype=float)) for name, w in weights.items()}
    return tangent_kernel(model, drawn, torch.from_numpy(inputs), scalars).numpy()
