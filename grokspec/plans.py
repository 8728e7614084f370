"""From a spec to its plan: every run with its id, and the stacks in which they train together."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.engines.base import Price
from grokspec.spec import DEFAULT_PROFILE, LIMIT
from grokspec.spec.reader import Point, Scalar, SpecFile, read_spec

if TYPE_CHECKING:
    from grokspec.spec.schema import Experiment, Spec

KEY_DIGITS = 8
"""How many digits of its key end a run's id."""


@dataclass(frozen=True)
class Run:
    """One experiment of a plan.

    ``id`` is for people: the spec's name, the point, and the start of ``key``, the identity by
    which a store knows the run. ``coordinates`` are the values of the paths that are swept.
    """

    id: str
    key: str
    experiment: Experiment
    coordinates: dict[str, Scalar]


@dataclass(frozen=True)
class Stack:
    """Runs of one shape, to be trained together, and the price of all of them."""

    runs: tuple[Run, ...]
    price: Price


@dataclass(frozen=True)
class Plan:
    """All runs of a spec under one profile, in the order of its sweep."""

    name: str
    profile: str
    path: Path
    spec: Spec
    runs: tuple[Run, ...]

    def stacks(
        self,
        runs: Iterable[Run] | None = None,
        memory: float | None = None,
        at_least: int = 1,
    ) -> tuple[Stack, ...]:
        """Group runs, by default all, into stacks that fit in ``memory`` bytes.

        The work is cut into ``at_least`` so many stacks, none of which has more than its share,
        as far as there are runs. A run that alone takes more memory is a stack of its own.
        """
        groups = [_Group(members) for members in _by_shape(self.runs if runs is None else runs)]
        for group in groups:
            group.fit_in(memory)
        share = sum(group.flops for group in groups) / at_least
        for group in groups:
            group.share_out(share)
        return tuple(stack for group in groups for stack in group.stacks())

    def __repr__(self) -> str:
        from grokspec.notebook.plain import plan_in_a_line

        return plan_in_a_line(self)

    def _repr_html_(self) -> str:
        from grokspec.notebook.html_of_plan import plan_as_html

        return plan_as_html(self)


def make_plan(
    path: str | Path,
    profile: str = DEFAULT_PROFILE,
    limit: int | None = LIMIT,
    change: str = "",
) -> Plan:
    """Plan the runs of a spec file, with a change laid on top of it (TOML) if there is one.

    Raises a GrokspecError with every mistake in it.
    """
    return plan_of(read_spec(path, profile, limit, change))


def plan_of(file: SpecFile) -> Plan:
    """Plan the runs of a spec that was read."""
    letters = _letters({path for point in file.experiments for path in point.coordinates})
    runs = tuple(_run(file.name, point, letters) for point in file.experiments)
    return Plan(file.name, file.profile, file.path, file.spec, runs)


class _Group:
    """Runs of one shape, and into how many stacks they go."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs
        self.price = runs[0].experiment.trainer.price(runs[0].experiment)
        self.parts = 1

    @property
    def flops(self) -> float:
        """The price of all its runs, in flop."""
        return self.price.flops * len(self.runs)

    def fit_in(self, memory: float | None) -> None:
        """Cut the group into stacks of at most so many bytes."""
        if memory is not None and self.price.memory > 0:
            most = max(1, int(memory // self.price.memory))
            self.parts = max(self.parts, math.ceil(len(self.runs) / most))

    def share_out(self, flops: float) -> None:
        """Cut the group into stacks of at most so much arithmetic."""
        if flops > 0:
            wanted = math.ceil(self.flops / flops * (1 - 1e-9))
            self.parts = min(len(self.runs), max(self.parts, wanted))

    def stacks(self) -> Iterable[Stack]:
        """The stacks, as alike in size as can be."""
        bounds = [len(self.runs) * part // self.parts for part in range(self.parts + 1)]
        for first, last in itertools.pairwise(bounds):
            runs = tuple(self.runs[first:last])
            price = Price(self.price.flops * len(runs), self.price.memory * len(runs))
            yield Stack(runs, price)


def _by_shape(runs: Iterable[Run]) -> list[list[Run]]:
    """Runs of one shape together, by seed: where a group is cut, runs of one data set stay so."""
    shapes: dict[str, list[Run]] = {}
    for run in runs:
        shapes.setdefault(run.experiment.stack_key, []).append(run)
    return [sorted(group, key=lambda run: run.experiment.seed) for group in shapes.values()]


def _run(spec: str, point: Point, letters: dict[str, str]) -> Run:
    experiment, key = point.experiment, point.experiment.identity
    varied = {path: value for path, value in point.coordinates.items() if path != "seed"}
    bits = [letters[path] + _short(value) for path, value in varied.items()]
    bits += [f"s{experiment.seed}", key[:KEY_DIGITS]]
    return Run(f"{spec}/{'-'.join(bits)}", key, experiment, point.coordinates)


def _letters(paths: set[str]) -> dict[str, str]:
    """For each path as few letters of its last part as tell it from the others and from seeds."""
    names = {path: path.rsplit(".", 1)[-1] for path in paths}
    twice = [name for name in names.values() if list(names.values()).count(name) > 1]
    names = {path: path if name in twice else name for path, name in names.items()}
    taken = {*names.values(), "seed"}
    return {path: _shortest(name, taken - {name}) for path, name in names.items()}


def _shortest(name: str, others: set[str]) -> str:
    for length in range(1, len(name)):
        if not any(other.startswith(name[:length]) for other in others):
            return name[:length]
    return name


def _short(value: Scalar) -> str:
    """A value as part of an id: a few digits or letters that are safe in a file's name."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return re.sub(r"[^A-Za-z0-9.+_]+", "_", str(value))[:20].strip("_")
