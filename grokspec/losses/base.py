"""What a loss is: a mean over examples, and its gradient in the predictor's outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from grokspec.shapes import Outputs, Scalar


class Loss(ABC):
    """The base of every loss."""

    capturable: ClassVar[bool] = True
    """Whether it does the same operations at every call, without waiting for the device."""

    @abstractmethod
    def value(self, outputs: Outputs, targets: Outputs) -> Scalar:
        """The loss of each run, [run]."""

    @abstractmethod
    def gradient(self, outputs: Outputs, targets: Outputs) -> Outputs:
        """The derivative of the loss in the outputs."""
