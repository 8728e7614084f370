"""Softmax cross-entropy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from grokspec.losses.base import Loss

if TYPE_CHECKING:
    from grokspec.shapes import Outputs, Scalar, Scalars
    from grokspec.tasks.base import Data


class CrossEntropy(Loss):
    """``−⟨Σ y log softmax(f)⟩`` over examples; targets are distributions, for example one-hot."""

    kind: Literal["cross_entropy"] = "cross_entropy"

    reads = "probabilities"

    def of_zero(self, data: Data) -> float:
        """Log C: the zero predictor gives all C classes the same probability."""
        return math.log(data.train_targets.shape[1])

    def value(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Scalar:
        import torch

        return -(targets * torch.log_softmax(outputs, -1)).sum(-1).mean(-1)

    def gradient(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Outputs:
        """The derivative for targets that sum to one."""
        import torch

        return (torch.softmax(outputs, -1) - targets) / outputs.shape[-2]
