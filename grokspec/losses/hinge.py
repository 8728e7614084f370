"""The hinge loss, which is zero once every margin is 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.losses._margin import MarginLoss

if TYPE_CHECKING:
    from grokspec.shapes import Outputs
    from grokspec.tasks.base import Data


class Hinge(MarginLoss):
    """``⟨max(0, 1 − y f)⟩`` over examples, with targets y of 1 or −1.

    For classes take "multi_margin".
    """

    kind: Literal["hinge"] = "hinge"

    def of_zero(self, data: Data) -> float:
        """1: every margin is zero."""
        return 1.0

    def of_margin(self, margin: Outputs) -> Outputs:
        return (1 - margin).clamp(min=0)

    def slope(self, margin: Outputs) -> Outputs:
        """−1 below the kink at 1, and 0 from there on."""
        return -(margin < 1).to(margin.dtype)
