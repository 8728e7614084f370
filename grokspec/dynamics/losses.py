"""The losses that can be trained on, with their gradients in the predictor's output."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch

from grokspec.dynamics.shapes import Outputs, Scalar


class Loss(ABC):
    """A mean over examples, of each run."""

    @abstractmethod
    def value(self, outputs: Outputs, targets: Outputs) -> Scalar:
        """The loss."""

    @abstractmethod
    def gradient(self, outputs: Outputs, targets: Outputs) -> Outputs:
        """Its derivative in the outputs."""


class MeanSquaredError(Loss):
    """``⟨(y − f)²⟩`` over examples and outputs."""

    def value(self, outputs: Outputs, targets: Outputs) -> Scalar:
        """The loss."""
        return ((targets - outputs) ** 2).mean(dim=(-2, -1))

    def gradient(self, outputs: Outputs, targets: Outputs) -> Outputs:
        """Its derivative in the outputs."""
        return (outputs - targets) * (2 / (outputs.shape[-2] * outputs.shape[-1]))


class CrossEntropy(Loss):
    """``−⟨Σ y log softmax(f)⟩`` over examples; a target is a distribution, such as one-hot."""

    def value(self, outputs: Outputs, targets: Outputs) -> Scalar:
        """The loss."""
        return -(targets * torch.log_softmax(outputs, -1)).sum(-1).mean(-1)

    def gradient(self, outputs: Outputs, targets: Outputs) -> Outputs:
        """Its derivative in the outputs, for targets that sum to one."""
        return (torch.softmax(outputs, -1) - targets) / outputs.shape[-2]


LOSSES: dict[str, Loss] = {"mse": MeanSquaredError(), "cross_entropy": CrossEntropy()}


def loss_named(name: str) -> Loss:
    """The loss of that name in ``training.loss``."""
    return LOSSES[name]
