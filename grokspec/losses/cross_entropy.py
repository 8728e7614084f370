"""Softmax cross-entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from grokspec.losses._probability import ProbabilityLoss

if TYPE_CHECKING:
    from grokspec.losses.base import Criterion
    from grokspec.shapes import Outputs, Scalar, Scalars


class CrossEntropy(ProbabilityLoss):
    """``−⟨Σ y log softmax(f/T)⟩`` over examples; targets are distributions, for example one-hot."""

    kind: Literal["cross_entropy"] = "cross_entropy"

    def criterion(self, scalars: Scalars) -> Criterion:
        """Without settings, the loss in half as many operations."""
        cold, smooth = scalars["temperature"] != 1, scalars["label_smoothing"] != 0
        if self.softmax_precision or (cold | smooth).any():
            return self
        return PlainCrossEntropy()


class PlainCrossEntropy:
    """``−⟨Σ y log softmax(f)⟩`` over examples."""

    capturable: ClassVar[bool] = True

    def value(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Scalar:
        import torch

        return -(targets * torch.log_softmax(outputs, -1)).sum(-1).mean(-1)

    def gradient(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Outputs:
        """The derivative for targets that sum to one."""
        import torch

        return (torch.softmax(outputs, -1) - targets) / outputs.shape[-2]
