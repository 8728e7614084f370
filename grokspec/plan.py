"""From the runs of a spec to stacks: which runs train together."""

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
    """Runs of one shape, to be trained together. One alone costs ``each``."""

    runs: tuple[Run, ...]
    each: Cost

    @property
    def cost(self) -> Cost:
        """What all of them cost."""
        return self.each.times(len(self.runs))

    @property
    def engine(self) -> str:
        """The engine that trains them, by name."""
        return self.runs[0].experiment.engine

    def only(self, keys: Iterable[str]) -> Stack:
        """The part of it with these keys."""
        kept = set(keys)
        return Stack(tuple(run for run in self.runs if run.key in kept), self.each)


@dataclass(frozen=True)
class Plan:
    """The runs of a spec in stacks, as one process would train them with all memory to itself."""

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
    """Plan the runs of a spec. Trains nothing and loads no torch."""
    return Plan(spec, stack_runs(spec.runs))


def stack_runs(
    runs: Iterable[Run], memory: float | None = None, at_least: int = 1
) -> tuple[Stack, ...]:
    """Group runs into stacks that fit in ``memory`` bytes.

    The work is cut into ``at_least`` so many stacks, none of which has more than its share, as far
    as there are runs. A run that alone takes more memory is a stack of its own.
    """
    groups = [_Group(members) for members in _by_shape(runs)]
    for group in groups:
        group.fit_in(memory)
    share = sum(group.flops for group in groups) / at_least
    for group in groups:
        group.share_out(share)
    return tuple(stack for group in groups for stack in group.stacks())


class _Group:
    """Runs of one shape, and into how many stacks they go."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs
        self.each = runs[0].engine.cost(runs[0].experiment)
        self.parts = 1

    @property
    def flops(self) -> float:
        return self.each.flops * len(self.runs)

    def fit_in(self, memory: float | None) -> None:
        """Cut the group into stacks of at most so many bytes."""
        if memory is not None and self.each.memory > 0:
            most = max(1, int(memory // self.each.memory))
            self.parts = max(self.parts, math.ceil(len(self.runs) / most))

    def share_out(self, flops: float) -> None:
        """Cut the group into stacks of at most so much arithmetic."""
        if flops > 0:
            wanted = math.ceil(self.flops / flops * (1 - 1e-9))
            self.parts = min(len(self.runs), max(self.parts, wanted))

    def stacks(self) -> Iterator[Stack]:
        """The stacks, as alike in size as can be."""
        bounds = [len(self.runs) * part // self.parts for part in range(self.parts + 1)]
        for first, last in itertools.pairwise(bounds):
            yield Stack(tuple(self.runs[first:last]), self.each)


def _by_shape(runs: Iterable[Run]) -> list[list[Run]]:
    """Runs of one shape together, by seed: where a group is cut, runs of one data set stay so."""
    shapes: dict[str, list[Run]] = {}
    for run in runs:
        shapes.setdefault(_shape(run), []).append(run)
    return [sorted(group, key=lambda run: run.experiment.seed) for group in shapes.values()]


def _shape(run: Run) -> str:
    """Equal for the runs that one stack may hold: all but seed and stackable fields."""
    shape = run.experiment.model_dump(mode="json", exclude={"seed"})
    for name in ("task", "model", "optimizer"):
        for field in getattr(run.experiment, name).stackable_fields():
            shape[name].pop(field)
    return json.dumps(shape, sort_keys=True)
