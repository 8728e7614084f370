"""Half a cosine (Loshchilov and Hutter, 2017), as torch.optim.lr_scheduler.CosineAnnealingLR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.schedules._decline import Decline

if TYPE_CHECKING:
    from grokspec.schedules.base import Factors, Steps


class Cosine(Decline):
    """From 1 to ``final`` along half a cosine, once."""

    kind: Literal["cosine"] = "cosine"

    def after_warmup(self, steps: Steps, length: int) -> Factors:
        import numpy as np

        falling = (1 + np.cos(np.pi * self.progress(steps, length))) / 2
        return self.final + (1 - self.final) * falling
