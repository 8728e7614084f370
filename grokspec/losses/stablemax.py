"""Stablemax cross-entropy, whose probabilities grow linearly with the outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.losses._probability import ProbabilityLoss

if TYPE_CHECKING:
    from torch import Tensor


class Stablemax(ProbabilityLoss):
    """``−⟨Σ y log p⟩`` over examples, with ``p = s(f/T)/Σ s(f/T)`` (Prieto et al., 2025).

    ``s(z) = z + 1`` for z ≥ 0 and ``1/(1 − z)`` below, in place of the exponential function of
    softmax. The authors' own code computes it in float64.
    """

    kind: Literal["stablemax"] = "stablemax"

    def exponents(self, scores: Tensor) -> Tensor:
        """Log s."""
        return scores.sign() * scores.abs().log1p()

    def through_exponents(self, scores: Tensor, slopes: Tensor) -> Tensor:
        return slopes / (1 + scores.abs())
