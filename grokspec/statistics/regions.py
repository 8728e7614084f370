"""Where a statement says that a median lies, and what an interval says of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from grokspec.findings import Verdict


@dataclass(frozen=True)
class Region:
    """Where the median should lie; None is no bound. ``strict`` leaves the bounds out."""

    words: str
    low: float | None = None
    high: float | None = None
    strict: bool = False
    denial: str = ""

    @property
    def bounds(self) -> tuple[float, float]:
        """Both ends; an infinite one where there is no bound."""
        return (
            -math.inf if self.low is None else self.low,
            math.inf if self.high is None else self.high,
        )

    def verdict(self, low: float, high: float) -> Verdict:
        """Judge an interval by where it lies."""
        if not (self._short_of(low) or self._beyond(high)):
            return Verdict.SUPPORTED
        if self._short_of(high) or self._beyond(low):
            return Verdict.REFUTED
        return Verdict.INCONCLUSIVE

    def margin(self, low: float, high: float) -> float:
        """By how much an interval keeps inside the region; negative if it does not."""
        ends = [low - self.low] if self.low is not None and math.isfinite(self.low) else []
        if self.high is not None and math.isfinite(self.high):
            ends.append(self.high - high)
        return min(ends, default=0.0)

    def outside(self, sample: np.ndarray) -> list[np.ndarray]:
        """Which values lie outside, for each side that has a bound."""
        sides = [self._short_of(sample)] if self.low is not None else []
        return sides + ([self._beyond(sample)] if self.high is not None else [])

    def say(self, verdict: Verdict) -> str:
        """The region, as the end of a sentence about an interval with this verdict."""
        if verdict is Verdict.REFUTED:
            return self.denial or f"not {self.words}"
        return self.words if verdict is Verdict.SUPPORTED else f"undecided whether {self.words}"

    def _short_of(self, value: Any) -> Any:
        if self.low is None:
            return False
        return value <= self.low if self.strict else value < self.low

    def _beyond(self, value: Any) -> Any:
        if self.high is None:
            return False
        return value >= self.high if self.strict else value > self.high
