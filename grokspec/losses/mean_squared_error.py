"""The mean squared error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.losses.base import Loss

if TYPE_CHECKING:
    from grokspec.shapes import Outputs, Scalar, Scalars
    from grokspec.tasks.base import Data


class MeanSquaredError(Loss):
    """``⟨(y − f)²⟩`` over examples and outputs."""

    kind: Literal["mse"] = "mse"

    def of_zero(self, data: Data) -> float:
        """The mean squared target, exact if the task knows it."""
        return data.baseline

    def value(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Scalar:
        return ((targets - outputs) ** 2).mean(dim=(-2, -1))

    def gradient(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Outputs:
        return (outputs - targets) * (2 / (outputs.shape[-2] * outputs.shape[-1]))
