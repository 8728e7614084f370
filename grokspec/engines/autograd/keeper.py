"""Keeps the weights of a stack at some steps of its training."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from torch import Tensor

from grokspec.engines._recorder import Runs
from grokspec.engines.base import Kept
from grokspec.shapes import Weights

Arrays = dict[str, np.ndarray]


class Keeper:
    """The weights of every run at the steps at which they are kept, and at its end if it ends."""

    def __init__(self, steps: Collection[int]) -> None:
        self.steps = frozenset(steps)
        self._kept: list[int] = []
        self._of: list[Runs] = []
        self._rows: dict[str, list[np.ndarray]] = defaultdict(list)

    def look(self, step: int, weights: Weights, going: Runs, ending: Runs) -> None:
        """Keep the weights of runs that were going, if this is one of the steps or they end."""
        runs = going if step in self.steps else ending
        if self.steps and runs.any():
            self._kept.append(step)
            self._of.append(runs)
            for name, weight in weights.items():
                self._rows[name].append(_copied(weight))

    def of_run(self, run: int, state: Weights | None) -> Kept | None:
        """What was kept of one run, with its part of a state; None if nothing was."""
        own = [i for i, runs in enumerate(self._of) if runs[run]]
        if not own:
            return None
        return Kept(
            np.array([self._kept[i] for i in own], dtype=np.int64),
            weights={n: np.stack([rows[i][run] for i in own]) for n, rows in self._rows.items()},
            state=None if state is None else {n: _copied(each[run]) for n, each in state.items()},
        )


def stacked(kept: Sequence[Mapping[str, np.ndarray]], at: int | None = None) -> Arrays:
    """The arrays of several runs by name, [run, ...]; ``at`` is a position on their first axis."""
    chosen = ... if at is None else at
    return {name: np.stack([own[name][chosen] for own in kept]) for name in kept[0]}


def _copied(tensor: Tensor) -> np.ndarray:
    return tensor.cpu().numpy().copy()
