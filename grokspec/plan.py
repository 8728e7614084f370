"""A plan: the runs of a spec in stacks, which train together."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grokspec.engines.base import Cost
from grokspec.formatting import amount, count, shortened
from grokspec.html import card, faint, folded, table

if TYPE_CHECKING:
    from grokspec.spec import Run, SpecFile


@dataclass(frozen=True)
class Stack:
    """Runs of one shape, to be trained together. Each of them costs ``each``."""

    runs: tuple[Run, ...]
    each: Cost

    @property
    def cost(self) -> Cost:
        """The cost of all runs together."""
        return self.each.times(len(self.runs))

    @property
    def engine(self) -> str:
        """The name of the engine that trains them."""
        return self.runs[0].experiment.engine

    def only(self, keys: Iterable[str]) -> Stack:
        """The part of the stack with these keys."""
        kept = set(keys)
        return Stack(tuple(run for run in self.runs if run.key in kept), self.each)


@dataclass(frozen=True)
class Plan:
    """The runs of a spec in stacks, as one process would train them without a limit on memory."""

    spec: SpecFile
    stacks: tuple[Stack, ...]

    def __repr__(self) -> str:
        return f"<Plan {self.spec.in_a_line}; {self._size}>"

    def _repr_html_(self) -> str:
        return card(
            self.spec.title,
            faint(f"plan, {count(len(self.spec.runs), 'run')}, {self._size}"),
            table(self.spec.axes_in_words),
            folded("the runs", shortened([run.id for run in self.spec.runs])),
        )

    @property
    def _size(self) -> str:
        flops = sum(stack.cost.flops for stack in self.stacks)
        return f"{count(len(self.stacks), 'stack')}, {amount(flops, 'flop')}"


def make_plan(spec: SpecFile) -> Plan:
    """Plan the runs of a spec. Trains nothing, loads no torch."""
    return Plan(spec, stack_runs(spec.runs))


def stack_runs(
    runs: Iterable[Run], memory: float | None = None, at_least: int = 1
) -> tuple[Stack, ...]:
    """Group runs of one shape into stacks that fit in ``memory`` bytes.

    With enough runs there are ``at_least`` so many stacks, and none has more than an equal share of
    the work. A run that needs more memory is a stack of its own.
    """
    groups = [_Group(members) for members in _by_shape(runs)]
    for group in groups:
        group.fit_in(memory)
    share = sum(group.flops for group in groups) / at_least
    for group in groups:
        group.limit_work(share)
    return tuple(stack for group in groups for stack in group.stacks())


class _Group:
    """Runs of one shape, and the number of stacks they are split into."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs
        self.each = runs[0].engine.cost(runs[0].experiment)
        self.parts = 1

    @property
    def flops(self) -> float:
        return self.each.flops * len(self.runs)

    def fit_in(self, memory: float | None) -> None:
        """Split the group into stacks of at most so many bytes."""
        if memory is not None and self.each.memory > 0:
            most = max(1, int(min(len(self.runs), memory / self.each.memory)))
            self.parts = max(self.parts, math.ceil(len(self.runs) / most))

    def limit_work(self, flops: float) -> None:
        """Split the group into stacks of at most so many flop."""
        if flops > 0:
            wanted = math.ceil(self.flops / flops * (1 - 1e-9))  # not one more by rounding
            self.parts = min(len(self.runs), max(self.parts, wanted))

    def stacks(self) -> Iterator[Stack]:
        """The stacks, of sizes that differ by at most one run."""
        bounds = [len(self.runs) * part // self.parts for part in range(self.parts + 1)]
        for first, last in itertools.pairwise(bounds):
            yield Stack(tuple(self.runs[first:last]), self.each)


def _by_shape(runs: Iterable[Run]) -> list[list[Run]]:
    """Groups of one shape, each by seed: runs on the same data then mostly share a stack."""
    shapes: dict[str, list[Run]] = {}
    for run in runs:
        shapes.setdefault(_shape(run), []).append(run)
    return [sorted(group, key=lambda run: run.experiment.seed) for group in shapes.values()]


def _shape(run: Run) -> str:
    """The description without seed and stackable fields, which may differ within a stack."""
    return json.dumps(run.experiment.shape, sort_keys=True)
