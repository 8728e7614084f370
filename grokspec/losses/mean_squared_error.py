"""The mean squared error."""

from __future__ import annotations

from grokspec.losses.base import Loss
from grokspec.shapes import Outputs, Scalar


class MeanSquaredError(Loss):
    """``⟨(y − f)²⟩`` over examples and outputs."""

    def value(self, outputs: Outputs, targets: Outputs) -> Scalar:
        return ((targets - outputs) ** 2).mean(dim=(-2, -1))

    def gradient(self, outputs: Outputs, targets: Outputs) -> Outputs:
        return (outputs - targets) * (2 / (outputs.shape[-2] * outputs.shape[-1]))
