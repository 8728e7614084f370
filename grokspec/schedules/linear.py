"""A straight line, as torch.optim.lr_scheduler.LinearLR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.schedules._decline import Decline

if TYPE_CHECKING:
    from grokspec.schedules.base import Factors, Steps


class LinearDecline(Decline):
    """From 1 to ``final`` on a straight line."""

    kind: Literal["linear"] = "linear"

    def after_warmup(self, steps: Steps, length: int) -> Factors:
        return 1 + (self.final - 1) * self.progress(steps, length)
