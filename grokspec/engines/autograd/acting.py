"""The interventions of a stack: which acts at a step, and in which runs."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from grokspec.engines._conditions import Readings, Watch
from grokspec.interventions.base import Intervention, Turn
from grokspec.rng import generator

if TYPE_CHECKING:
    from grokspec.engines.autograd.training import StackTraining

NEVER = np.inf


class Acting:
    """Lets the interventions of a stack act, in the order of the spec."""

    def __init__(self, training: StackTraining) -> None:
        stack = training.stack
        self._training = training
        self._watched = stack[0].watched
        self._each = [_Timed(name, training) for name in stack[0].interventions]

    def __bool__(self) -> bool:
        return bool(self._each)

    def __call__(self, step: int) -> None:
        """Act after so many steps, before that step is recorded."""
        looking = [timed for timed in self._each if timed.looks_at(step)]
        if looking:
            readings = Readings(self._training.snapshot(), self._watched)
            for timed in looking:
                timed.look(step, readings)
        for timed in self._each:
            timed.act(step)


class _Timed:
    """One intervention of a stack, and from which step on it acts in each run."""

    def __init__(self, name: str, training: StackTraining) -> None:
        each = [experiment.interventions[name] for experiment in training.stack]
        self._kind, self._training = each[0], training
        when, runs = each[0].when, len(each)
        self._watch = None if when is None else Watch(when, runs)
        self._since = np.full(runs, each[0].first_step if when is None else NEVER)
        self._acted = np.zeros(runs, dtype=bool)
        like, own = training.network.like, zlib.crc32(name.encode())
        self._all = torch.ones(runs, dtype=torch.bool, device=like.device)
        self._turn = Turn(
            runs=self._all,
            first=self._all,
            numbers={n: like.new_tensor(_numbers(each, n)) for n in each[0].stackable_fields()},
            sources=[generator(e.seed, "intervention", own) for e in training.stack],
        )

    def looks_at(self, step: int) -> bool:
        """Whether its condition is to be looked at: in some run it has not held so far."""
        waiting = self._watch is not None and bool((self._since == NEVER).any())
        return waiting and self._watch is not None and self._watch.is_due(step)

    def look(self, step: int, readings: Readings) -> None:
        """Note the runs in which its condition holds now for the first time."""
        assert self._watch is not None, "see `looks_at`"
        holds = self._watch.holds(step, readings)
        self._since = np.where((self._since == NEVER) & holds, step, self._since)

    def act(self, step: int) -> None:
        """Act in the runs whose turn it is."""
        due = self._due(step)
        if not due.any():
            return
        self._turn.runs = self._on_device(due)
        self._turn.first = self._on_device(due & ~self._acted)
        self._acted |= due
        self._kind.act(self._training, self._turn)

    def _due(self, step: int) -> Bool[np.ndarray, " run"]:
        kind = self._kind
        if kind.every is None:
            return self._since == step
        if kind.last is not None and step > kind.last:
            return np.zeros(len(self._since), dtype=bool)
        taken = step - self._since
        with np.errstate(invalid="ignore"):  # of those that have not begun
            return (taken >= 0) & (np.mod(taken, kind.every) == 0)

    def _on_device(self, runs: Bool[np.ndarray, " run"]) -> Bool[Tensor, " run"]:
        return self._all if runs.all() else torch.from_numpy(runs).to(self._all.device)


def _numbers(each: Sequence[Intervention], name: str) -> list[float]:
    """A stackable field of an intervention in each run; NaN where it is None."""
    found = [getattr(own, name) for own in each]
    return [float("nan") if number is None else number for number in found]
