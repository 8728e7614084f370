"""No change after the warm-up, as Power et al. (2022) train: `warmup = 10`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.schedules.base import Schedule

if TYPE_CHECKING:
    from grokspec.schedules.base import Factors, Steps


class Constant(Schedule):
    """The factor 1, after a warm-up."""

    kind: Literal["constant"] = "constant"

    def after_warmup(self, steps: Steps, length: int) -> Factors:
        import numpy as np

        return np.ones(len(steps))
