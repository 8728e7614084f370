"""Losses of the margin by which the output has the sign of the target."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from grokspec.losses.base import Loss

if TYPE_CHECKING:
    from grokspec.shapes import Outputs, Scalar, Scalars


class MarginLoss(Loss):
    """``⟨φ(y f)⟩`` over examples, with targets y of 1 or −1."""

    reads = "signs"

    @abstractmethod
    def of_margin(self, margin: Outputs) -> Outputs:
        """φ of each margin."""

    @abstractmethod
    def slope(self, margin: Outputs) -> Outputs:
        """φ′ at each margin."""

    def value(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Scalar:
        return self.of_margin(targets * outputs).mean(dim=(-2, -1))

    def gradient(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Outputs:
        return targets * self.slope(targets * outputs) / outputs.shape[-2]
