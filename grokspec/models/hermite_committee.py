"""The committee machine with a Hermite activation, for targets of higher degree (§15.2)."""

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

    from grokspec.shapes import Evaluation, Inputs, Outputs, Pullback, Scalars, Weights


class HermiteCommittee(Model):
    """``g = (1/N) Σᵢ φ(wᵢ·x)`` with ``φ(h) = h + ½ε He_k(h)`` and ``wᵢ ~ N(0, σ²I)``.

    He_k is the probabilists' polynomial, ``He_2 = h² − 1``, ``He_3 = h³ − 3h``; readouts are
    fixed to one. At degree 2 this is the committee machine (Eq. 3) minus the constant ε/2.
    """

    kind: Literal["hermite_committee"] = "hermite_committee"
    width: Annotated[int, Field(ge=1, description="Hidden units N.", examples=[200])]
    degree: Annotated[
        int, Field(ge=2, description="Degree k of the activation's polynomial.", examples=[3])
    ]
    epsilon: Annotated[
        PerRun,
        Field(
            ge=0,
            description="ε: how much of the activation is the polynomial.",
            examples=[0.25],
        ),
    ]

    has_one_output = True

    @property
    def width_factor(self) -> float:
        """N, because the output is a mean over units: the gradient of each unit is of order 1/N."""
        return float(self.width)

    def size(self, input_size: int, output_size: int) -> Size:
        return Size(weights=self.width * input_size, activations=self.width)

    def weight_shapes(self, input_size: int, output_size: int) -> dict[str, tuple[int, ...]]:
        return {"hidden": (self.width, input_size)}

    def draw_weights(self, input_size: int, output_size: int, seed: int) -> dict[str, np.ndarray]:
        """Draw ``hidden`` [hidden, input] from a standard normal distribution."""
        draw = generator(seed, "init").standard_normal((self.width, input_size))
        return {"hidden": draw}

    def output(
        self, weights: dict[str, Tensor], inputs: Tensor, scalars: Mapping[str, Tensor]
    ) -> Tensor:
        hidden = inputs @ weights["hidden"].mT
        polynomial, _ = hermite(hidden, self.degree)
        return (hidden + 0.5 * scalars["epsilon"] * polynomial).mean(-1, keepdim=True)

    def on(self, inputs: Inputs, scalars: Scalars) -> Evaluation:
        """Evaluate with the derivative ``φ' = 1 + ½εk He_{k−1}``, a by-product of the value.

        A step takes 2.3 times as long by automatic differentiation at the size of
        specs/kumar2024/polynomial/hermite3.toml (CPU, one thread).
        """
        import torch

        epsilon = scalars["epsilon"][:, None, None]

        def evaluate(weights: Weights) -> tuple[Outputs, Pullback]:
            hidden = weights["hidden"]
            polynomial, lower = hermite(inputs @ hidden.mT, self.degree)
            value = 0.5 * epsilon * polynomial.mean(-1, keepdim=True)
            value = torch.baddbmm(value, inputs, hidden.mean(-2)[..., None])
            return value, lambda cotangent: pullback(lower, cotangent)

        def pullback(lower: Tensor, cotangent: Outputs) -> Weights:
            scaled = cotangent / self.width
            weighted = (0.5 * self.degree * epsilon * scaled) * inputs
            return {"hidden": lower.mT @ weighted + scaled.mT @ inputs}

        return evaluate


def hermite(x: Tensor, degree: int) -> tuple[Tensor, Tensor]:
    """He_k(x) and He_{k−1}(x) of degree k ≥ 2, by ``He_{n+1} = x He_n − n He_{n−1}``.

    The derivative of He_k is ``k He_{k−1}``.
    """
    lower, value = x, (x * x).sub_(1)
    for n in range(2, degree):
        lower, value = value, (x * value).sub_(lower, alpha=n)
    return value, lower
