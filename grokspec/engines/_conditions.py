"""Conditions while a stack trains: in which runs they hold, as they are looked at now and then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float64

from grokspec.errors import GrokspecError

if TYPE_CHECKING:
    from grokspec.conditions import Condition
    from grokspec.probes._snapshot import Snapshot
    from grokspec.probes.base import Probe


class Readings:
    """What conditions read of a stack at one step: each probe is taken once, when it is needed."""

    def __init__(self, snapshot: Snapshot, probes: Mapping[str, Probe]) -> None:
        """``probes`` are by the quantity that they take."""
        self._snapshot, self._probes = snapshot, probes
        self._found: dict[str, np.ndarray] = {}

    def __getitem__(self, quantity: str) -> Float64[np.ndarray, " run"]:
        if quantity not in self._found:
            taken = self._probes[quantity].take(self._snapshot)
            self._found |= {name: t.double().cpu().numpy() for name, t in taken.items()}
        values = self._found[quantity]
        if values.ndim != 1:
            raise GrokspecError(
                f"a condition is on {quantity}, of which a run has an array, "
                f"{list(values.shape[1:])}, and not one number; name another quantity"
            )
        return values


class Watch:
    """A condition in each run of a stack. It remembers where each quantity was at first."""

    def __init__(self, condition: Condition, runs: int) -> None:
        self._condition = condition
        self._levels = np.array(list(condition.levels.values()))[:, None]
        self.sides: np.ndarray | None = None
        """On which side of its level each quantity was at the first look, [quantity, run]."""
        self.since = np.full(runs, np.inf)
        """From which step on all have reached their levels, [run]; infinite if they have not."""

    def is_due(self, step: int) -> bool:
        """Whether the condition is looked at after so many steps."""
        return step % self._condition.every == 0

    def holds(self, step: int, readings: Readings) -> Bool[np.ndarray, " run"]:
        """Look at the quantities: the runs in which the condition holds."""
        values = np.stack([readings[name] for name in self._condition.levels])
        side = np.sign(values - self._levels)
        if self.sides is None:
            self.sides = side
        reached = ((side == -self.sides) | (side == 0)).all(axis=0)
        self.since = np.where(reached, np.minimum(self.since, step), np.inf)
        return step - self.since >= self._condition.patience
