"""A plan: the runs of a spec in stacks, which train together."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from grokspec.engines.base import Cost
from grokspec.formatting import amount, count, shortened
from grokspec.html import card, faint, folded, table

if TYPE_CHECKING:
    from grokspec.description import Description
    from grokspec.spec import Run, SpecFile


@dataclass(frozen=True)
class Beginning:
    """Where a run begins whose first steps were taken before, by a run that kept its weights."""

    weights: str
    """The place of the weights in the store."""
    after: int
    """How many steps need not be taken again."""
    weights_at: tuple[int, ...]
    """The steps of the weights."""


FROM_THE_START: Mapping[str, Beginning] = MappingProxyType({})
"""The beginnings of runs that are all trained from their first step."""


@dataclass(frozen=True)
class Stack:
    """Runs of one shape, to be trained together. Each of them costs ``each``."""

    runs: tuple[Run, ...]
    each: Cost
    beginnings: Mapping[str, Beginning] = field(default_factory=dict)
    """Where runs begin that were trained in part before, by key; all begin after the same step."""

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
        return replace(self, runs=tuple(run for run in self.runs if run.key in kept))

    def split(self, count: int) -> tuple[Stack, Stack]:
        """The first so many runs, and the others."""
        return replace(self, runs=self.runs[:count]), replace(self, runs=self.runs[count:])

    def in_parts_of(self, flops: float) -> Iterator[Stack]:
        """The stack in parts of at most so many flop, or of one run."""
        count = max(1, int(flops / self.each.flops)) if self.each.flops else len(self.runs)
        for first in range(0, len(self.runs), count):
            yield replace(self, runs=self.runs[first : first + count])


MostRuns = Callable[[Stack], int]
"""The most runs that may train together of a stack that has only some of them."""


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
    runs: Iterable[Run],
    memory: float | None = None,
    at_least: int = 1,
    beginnings: Mapping[str, Beginning] = FROM_THE_START,
    most: MostRuns | None = None,
) -> tuple[Stack, ...]:
    """Group runs of one shape into stacks that fit in ``memory`` bytes.

    ``beginnings`` has those of the runs, by key, that do not begin with their first step. ``most``
    says how many runs a stack has at most, besides.

    With enough runs there are ``at_least`` so many stacks, and none has more than an equal share of
    the work. A run that needs more memory is a stack of its own.
    """
    groups = [_Group(members, beginnings) for members in _by_shape(runs, beginnings)]
    for group in groups:
        group.fit_in(memory)
        if most is not None:
            group.limit_runs(most(group.whole))
    share = sum(group.flops for group in groups) / at_least
    for group in groups:
        group.limit_work(share)
    return tuple(stack for group in groups for stack in group.stacks())


class _Group:
    """Runs of one shape, and the number of stacks they are split into."""

    def __init__(self, runs: Sequence[Run], beginnings: Mapping[str, Beginning]) -> None:
        self.runs = runs
        self.beginnings = {run.key: beginnings[run.key] for run in runs if run.key in beginnings}
        self.each = _cost(runs[0], self.beginnings)
        self.parts = 1

    @property
    def whole(self) -> Stack:
        return Stack(tuple(self.runs), self.each, self.beginnings)

    @property
    def flops(self) -> float:
        return self.each.flops * len(self.runs)

    def fit_in(self, memory: float | None) -> None:
        """Split the group into stacks of at most so many bytes."""
        if memory is not None and self.each.memory > 0:
            self.limit_runs(int(min(len(self.runs), memory / self.each.memory)))

    def limit_runs(self, most: int) -> None:
        """Split the group into stacks of at most so many runs, or of one."""
        self.parts = max(self.parts, math.ceil(len(self.runs) / max(1, most)))

    def limit_work(self, flops: float) -> None:
        """Split the group into stacks of at most so many flop."""
        if flops > 0:
            wanted = math.ceil(self.flops / flops * (1 - 1e-9))  # not one more by rounding
            self.parts = min(len(self.runs), max(self.parts, wanted))

    def stacks(self) -> Iterator[Stack]:
        """The stacks, of sizes that differ by at most one run."""
        bounds = [len(self.runs) * part // self.parts for part in range(self.parts + 1)]
        for first, last in itertools.pairwise(bounds):
            yield replace(self.whole, runs=tuple(self.runs[first:last]))


def _cost(run: Run, beginnings: Mapping[str, Beginning]) -> Cost:
    """What a run costs from where it begins; a record costs about as much as a step."""
    whole, steps = run.engine.cost(run.experiment), run.experiment.steps
    if run.key not in beginnings or not steps:
        return whole
    own = beginnings[run.key]
    left = min(1.0, (steps - own.after + len(own.weights_at)) / steps)
    return replace(whole, flops=whole.flops * left)


def _by_shape(runs: Iterable[Run], beginnings: Mapping[str, Beginning]) -> list[list[Run]]:
    """Groups of one shape, each by seed: runs on the same data then mostly share a stack."""
    shapes: dict[tuple[Any, ...], list[Run]] = {}
    for run in runs:
        own = beginnings.get(run.key)
        begins = (own.after, own.weights_at) if own else ()
        shapes.setdefault((_shape(run), _depth(run.experiment), *begins), []).append(run)
    return [sorted(group, key=lambda run: run.experiment.seed) for group in shapes.values()]


def _depth(description: Description) -> int:
    """How many runs have to be trained before, one after the other."""
    return max((1 + _depth(other) for other in description.needs), default=0)


def _shape(run: Run) -> str:
    """The description without seed and stackable fields, which may differ within a stack."""
    return json.dumps(run.experiment.shape, sort_keys=True)
