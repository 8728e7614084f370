"""Softmax cross-entropy."""

from __future__ import annotations

import torch

from grokspec.losses.base import Loss
from grokspec.shapes import Outputs, Scalar


class CrossEntropy(Loss):
    """``−⟨Σ y log softmax(f)⟩`` over examples; targets are distributions, for example one-hot."""

    def value(self, outputs: Outputs, targets: Outputs) -> Scalar:
        return -(targets * torch.log_softmax(outputs, -1)).sum(-1).mean(-1)

    def gradient(self, outputs: Outputs, targets: Outputs) -> Outputs:
        """The derivative for targets that sum to one."""
        return (torch.softmax(outputs, -1) - targets) / outputs.shape[-2]
