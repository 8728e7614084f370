"""The learning rate and the weight decay of each run, at each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from grokspec.schedules.base import Schedule

if TYPE_CHECKING:
    from grokspec.experiment import Experiment

Numbers = Float64[np.ndarray, " run"]
"""One number a run, on the host."""

BLOCK = 1024
"""Of how many steps the numbers are computed at once."""


class Timetable:
    """A number of each run over the steps: its value, times the factor of its schedule if any."""

    def __init__(
        self, stack: Sequence[Experiment], values: Numbers, schedules: Sequence[Schedule | None]
    ) -> None:
        self.values = values
        self.is_constant = schedules[0] is None
        self._schedules = [schedule for schedule in schedules if schedule is not None]
        self._length = stack[0].training.steps

    @property
    def is_alike(self) -> bool:
        """Whether all runs have the same number at every step."""
        alike = bool((self.values == self.values[0]).all())
        return alike and all(schedule == self._schedules[0] for schedule in self._schedules)

    def block(self, first: int) -> Float64[np.ndarray, "step run"]:
        """The numbers of the steps from one on: as many as are worth computing at once."""
        if self.is_constant:
            return self.values[None]
        steps = np.arange(first, first + BLOCK)
        factors = [schedule.factors(steps, self._length) for schedule in self._schedules]
        return self.values * np.stack(factors, axis=1)
