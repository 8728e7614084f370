"""The exponential loss, that of AdaBoost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.losses._margin import MarginLoss

if TYPE_CHECKING:
    from grokspec.shapes import Outputs
    from grokspec.tasks.base import Data


class ExponentialLoss(MarginLoss):
    """``⟨exp(−y f)⟩`` over examples, with targets y of 1 or −1.

    It is infinite in floating point where a margin is below about −709, in float32 −88; such a run
    counts as diverged.
    """

    kind: Literal["exponential"] = "exponential"

    def of_zero(self, data: Data) -> float:
        """1: every margin is zero."""
        return 1.0

    def of_margin(self, margin: Outputs) -> Outputs:
        return (-margin).exp()

    def slope(self, margin: Outputs) -> Outputs:
        return -(-margin).exp()
