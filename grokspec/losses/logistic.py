"""The logistic loss: the cross-entropy of two classes with one output."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from grokspec.losses._margin import MarginLoss

if TYPE_CHECKING:
    from grokspec.shapes import Outputs
    from grokspec.tasks.base import Data


class Logistic(MarginLoss):
    """``⟨log(1 + exp(−y f))⟩`` over examples, with targets y of 1 or −1."""

    kind: Literal["logistic"] = "logistic"

    def of_zero(self, data: Data) -> float:
        """Log 2: both signs have the same probability."""
        return math.log(2)

    def of_margin(self, margin: Outputs) -> Outputs:
        import torch

        return -torch.nn.functional.logsigmoid(margin)

    def slope(self, margin: Outputs) -> Outputs:
        return -(-margin).sigmoid()
