"""The ordinary two-layer network: a committee machine whose readouts are trained too (Eq. 21)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.kinds import PerRun
from grokspec.models.base import Model, Size
from grokspec.rng import generator

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from torch import Tensor

    from grokspec.shapes import (
        Evaluation,
        Inputs,
        Matrix,
        Outputs,
        Pullback,
        Scalars,
        Stacked,
        Vector,
        Weights,
    )


class TwoLayer(Model):
    """``g = (1/N) Σᵢ vᵢ φ(wᵢ·x)`` with ``φ(h) = h + ½εh²``, where v and w are trained.

    Both layers start normal, ``wᵢ ~ N(0, σ²I)`` and ``vᵢ ~ N(0, σ²)``. The initial output thus
    scales as σ² in its linear part and as σ³ in its quadratic part. The predictor is the quadratic
    form ``g = w̄·x + ½ε xᵀMx`` of the moments weighted by the readouts (Eq. 22). The kernel and
    the dynamics depend on more than these.
    """

    kind: Literal["two_layer"] = "two_layer"
    width: Annotated[int, Field(ge=1, description="Hidden units N.", examples=[200])]
    epsilon: Annotated[
        PerRun,
        Field(
            ge=0,
            description="ε: how much of the activation is quadratic.",
            examples=[0.25],
        ),
    ]

    has_one_output = True
    has_moments = True

    @property
    def width_factor(self) -> float:
        """N, because the output is a mean over units: the gradient of each unit is of order 1/N."""
        return float(self.width)

    def size(self, input_size: int, output_size: int) -> Size:
        return Size(weights=self.width * (input_size + 1), activations=self.width)

    def step_flops(self, examples: int, input_size: int, output_size: int) -> float:
        """Two products of D² per example and two per unit; see `on`."""
        return 4.0 * (examples + self.width) * input_size**2

    def weight_shapes(self, input_size: int, output_size: int) -> dict[str, tuple[int, ...]]:
        return {"hidden": (self.width, input_size), "readout": (self.width,)}

    def draw_weights(self, input_size: int, output_size: int, seed: int) -> dict[str, np.ndarray]:
        """Draw ``hidden`` [hidden, input] and ``readout`` [hidden], all standard normal.

        ``hidden`` is that of a committee machine of the same width and seed.
        """
        draw = generator(seed, "init")
        hidden = draw.standard_normal((self.width, input_size))
        return {"hidden": hidden, "readout": draw.standard_normal(self.width)}

    def output(
        self, weights: dict[str, Tensor], inputs: Tensor, scalars: Mapping[str, Tensor]
    ) -> Tensor:
        hidden = inputs @ weights["hidden"].mT
        activation = hidden + 0.5 * scalars["epsilon"] * hidden**2
        return (activation * weights["readout"]).mean(-1, keepdim=True)

    def on(self, inputs: Inputs, scalars: Scalars) -> Evaluation:
        """Evaluate through the moments, without forming the layer [example, hidden].

        The outputs need only w̄ and M. With ``b = Σ r x/N`` and ``S = Σ r x xᵀ/N`` over the
        examples, ``∂/∂wᵢ = vᵢ (b + εSwᵢ)`` and ``∂/∂vᵢ = b·wᵢ + ½ε wᵢᵀSwᵢ``, which is half of
        ``wᵢ·(b + (b + εSwᵢ))``. A step takes 3.3 times as long by automatic differentiation at the
        size of specs/kumar2024/polynomial/readouts.toml (CPU, one thread).
        """
        import torch

        epsilon = scalars["epsilon"][:, None, None]

        def evaluate(weights: Weights) -> tuple[Outputs, Pullback]:
            mean, second = self.moments(weights)
            forms = (inputs @ second).mul_(inputs).sum(-1, keepdim=True)
            value = torch.baddbmm(0.5 * epsilon * forms, inputs, mean[:, :, None])
            return value, lambda cotangent: pullback(weights, cotangent)

        def pullback(weights: Weights, cotangent: Outputs) -> Weights:
            hidden, readout = weights["hidden"], weights["readout"]
            scaled = cotangent / self.width
            total = scaled.mT @ inputs
            spread = (epsilon * scaled * inputs).mT @ inputs
            slope = torch.baddbmm(total, hidden, spread)
            return {
                "hidden": readout[..., None] * slope,
                "readout": 0.5 * torch.linalg.vecdot(hidden, total + slope),
            }

        return evaluate

    def moments(self, weights: Weights) -> tuple[Vector, Matrix]:
        """``w̄ = ⟨v w⟩`` and ``M = ⟨v w wᵀ⟩`` over the hidden units (Eq. 22)."""
        hidden = weights["hidden"]
        return _weighted(weights["readout"], hidden, hidden)

    def predictors(
        self, weights: Weights, initial: Weights, scalars: Scalars
    ) -> tuple[Vector, Matrix]:
        """``l = αw̄`` and ``Q = αεM``, centered and linearized if the model is."""
        initial_mean, initial_second = self.moments(initial)
        if self.linearized:
            mean, second = self._expanded_moments(weights, initial)
        else:
            mean, second = self.moments(weights)
        if self.centered:
            mean, second = mean - initial_mean, second - initial_second
        alpha = scalars["alpha"][:, None]
        return alpha * mean, (alpha * scalars["epsilon"][:, None])[..., None] * second

    def _expanded_moments(self, weights: Weights, initial: Weights) -> tuple[Vector, Matrix]:
        """w̄ and M to first order in the movement of v and w from their initial values."""
        start = initial["hidden"]
        moved = weights["hidden"] - start
        readout_mean, readout_second = _weighted(weights["readout"], start, start)
        hidden_mean, cross = _weighted(initial["readout"], moved, start)
        return readout_mean + hidden_mean, readout_second + cross + cross.mT


def _weighted(readout: Stacked, left: Stacked, right: Stacked) -> tuple[Vector, Matrix]:
    """⟨v l⟩ and ⟨v l rᵀ⟩ of two arrays [run, hidden, input], over hidden units."""
    weighted = readout[..., None] * left
    return weighted.mean(-2), weighted.mT @ right / left.shape[-2]
