"""From a sweep to its points: the values of each, and where in the sweep each value is written."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from grokspec.errors import suggestion
from grokspec.formatting import in_toml
from grokspec.spec.bounds import MOST_AXES, MOST_BLOCKS
from grokspec.spec.ranges import Axis, Named, Value, ends_of, length_of, values_of
from grokspec.spec.sweep import SEED, Block, Sweep, Varied, When

Place = tuple[str | int, ...]
"""The path from the ``[sweep]`` table to an axis or one of its values."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of one axis.

    ``axis`` is the place of the axis, ``index`` the position of the value in it, and ``listed`` is
    False for a range, whose values are not written one by one. ``inner`` is the path to the value
    in the table that gives it its ``name``.
    """

    value: Value
    axis: Place
    index: int
    listed: bool
    name: str | None = None
    inner: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        """Where the value is written; for a range, the place of the range."""
        return (*self.axis, self.index, *self.inner) if self.listed else self.axis

    @property
    def known_as(self) -> Value:
        """The name if it has one, else the value."""
        return self.value if self.name is None else self.name


AXIS: TypeAdapter[Axis] = TypeAdapter(Axis)

Combination = dict[str, Choice]
"""One point of a sweep: the choice for each swept path."""


class TooManyPointsError(ValueError):
    """A sweep has more points than it may have; so many that they are not even made."""


class VariedTwiceError(ValueError):
    """Two axes vary the same path at one point."""

    def __init__(self, path: str, place: Place) -> None:
        super().__init__(
            f"{in_toml(path)} is varied by another axis at the same points; remove one of the two"
        )
        self.place = place


def expand(sweep: Sweep) -> list[dict[str, Value]]:
    """The value of each swept path at each point; seeds vary fastest, then the last axis."""
    return [_values(point) for point in combinations(sweep)]


def combinations(sweep: Sweep, limit: int | None = None) -> Iterator[Combination]:
    """The points of a sweep, made one by one.

    May raise a VariedTwiceError; raises a TooManyPointsError as soon as it is clear that there are
    more than ``limit``.
    """
    for number, point in enumerate(_combinations(sweep, limit)):
        if number == limit:
            raise TooManyPointsError
        yield point


def _combinations(sweep: Sweep, limit: int | None) -> Iterator[Combination]:
    listed = isinstance(sweep.seed, list)
    for point in _points(sweep, {}, (), limit):
        if sweep.seed is None:
            yield point
        for i, seed in enumerate(sweep.seeds):
            yield _joined(point, {SEED: Choice(seed, (SEED,), i, listed)})


def oversize(sweep: Sweep) -> str:
    """What a sweep has too much of, with the remedy; empty if it may be expanded."""
    if (blocks := _blocks(sweep) - 1) > MOST_BLOCKS:
        return f"{blocks:,} concat and when blocks are more than {MOST_BLOCKS}; join some of them"
    if (axes := len(_varied_paths(sweep))) > MOST_AXES:
        return f"{axes:,} axes are more than {MOST_AXES}; a run has fewer fields than that"
    return ""


def _blocks(block: Block) -> int:
    return 1 + len(block.when) + sum(map(_blocks, block.concat))


def clashes(sweep: Sweep) -> list[tuple[Place, str]]:
    """Paths that are varied twice and conditions on paths that are not varied: places, messages.

    Two ``when`` may vary the same path if no point matches both, which `combinations` checks.
    """
    outer = {SEED} if sweep.seed is not None else set()
    return list(_clashes(sweep, outer, ()))


def single_choices(sweep: Any, place: Place = ()) -> Iterator[Combination]:
    """Each value of each valid axis by itself, of a sweep that may be invalid elsewhere.

    Of a range, which may be long, only the first and the last value.
    """
    if not isinstance(sweep, dict):
        return
    for part in ("grid", "zip"):
        axes = sweep.get(part)
        for path, written in axes.items() if isinstance(axes, dict) else ():
            with suppress(ValidationError):
                axis, at = AXIS.validate_python(written), (*place, part, path)
                listed = isinstance(axis, list)
                choices = _choices_of(ends_of(axis), at, listed)
                yield from ({path: choice} for choice in choices)
    for part in ("concat", "when"):
        blocks = sweep.get(part)
        for position, block in enumerate(blocks if isinstance(blocks, list) else ()):
            yield from single_choices(block, (*place, part, position))


def _points(
    block: Block, given: Combination, place: Place, limit: int | None
) -> Iterator[Combination]:
    """The points of a block; its conditions also see the choices ``given`` by outer blocks."""
    for point in _products(block, place, limit):
        for inner in _concatenated(block, {**given, **point}, place, limit):
            yield from _with_conditions(block, given, _joined(point, inner), place, limit)


def _concatenated(
    block: Block, given: Combination, place: Place, limit: int | None
) -> Iterator[Combination]:
    if not block.concat:
        yield {}
    for position, part in enumerate(block.concat):
        yield from _points(part, given, (*place, "concat", position), limit)


def _with_conditions(
    block: Block, given: Combination, point: Combination, place: Place, limit: int | None
) -> Iterable[Combination]:
    points: Iterable[Combination] = [point]
    for position, when in enumerate(block.when):
        points = _with_condition(when, (*place, "when", position), given, points, limit)
    return points


def _with_condition(
    when: When,
    place: Place,
    given: Combination,
    points: Iterable[Combination],
    limit: int | None,
) -> Iterator[Combination]:
    for point in points:
        matches = _meets(when, point, given)
        for more in _products(when, place, limit) if matches else [{}]:
            yield _joined(point, more)


def _meets(when: When, point: Combination, given: Combination) -> bool:
    """Whether a point has, for every path of a condition, a value that matches, or its name."""
    for path, wanted in when.wanted.items():
        choice = point.get(path) or given.get(path)
        if choice is None or not (choice.value in wanted or choice.known_as in wanted):
            return False
    return True


def _products(varied: Varied, place: Place, limit: int | None) -> Iterator[Combination]:
    """Every combination of the values of the grid's axes and the rows of the zip."""
    if limit is not None and _number_of_products(varied) > limit:
        raise TooManyPointsError
    factors = [
        [{path: choice} for choice in _choices(axis, (*place, "grid", path))]
        for path, axis in varied.grid.items()
    ]
    if varied.zip:
        together = (_choices(axis, (*place, "zip", path)) for path, axis in varied.zip.items())
        factors.append(
            [dict(zip(varied.zip, row, strict=True)) for row in zip(*together, strict=True)]
        )
    for parts in itertools.product(*factors):
        point: Combination = {}
        for part in parts:
            point = _joined(point, part)
        yield point


def _number_of_products(varied: Varied) -> int:
    rows = min(map(length_of, varied.zip.values()), default=1)
    return math.prod(map(length_of, varied.grid.values())) * rows


def _choices(axis: Axis, place: Place) -> list[Choice]:
    return _choices_of(values_of(axis), place, isinstance(axis, list))


def _choices_of(values: Iterable[Value], place: Place, listed: bool) -> list[Choice]:
    return [
        Choice(value.value, place, i, listed, value.name, value.inner)
        if isinstance(value, Named)
        else Choice(value, place, i, listed)
        for i, value in enumerate(values)
    ]


def _joined(point: Combination, more: Combination) -> Combination:
    for path in more:
        if path in point:
            raise VariedTwiceError(path, more[path].axis)
    return {**point, **more}


def _values(point: Combination) -> dict[str, Value]:
    return {path: choice.value for path, choice in point.items()}


def _clashes(block: Block, outer: set[str], place: Place) -> Iterator[tuple[Place, str]]:
    paths = set(outer)
    for part in ("grid", "zip"):
        for path in getattr(block, part):
            if path in paths:
                yield (*place, part, path), str(VariedTwiceError(path, place))
            paths.add(path)
    within = set(paths)
    for position, inner in enumerate(block.concat):
        yield from _clashes(inner, paths, (*place, "concat", position))
        within |= _varied_paths(inner)
    known = set(within)
    for position, when in enumerate(block.when):
        at = (*place, "when", position)
        for path in when.condition:
            if path not in known:
                yield (*at, "if", path), _unvaried(path, known)
        for part in ("grid", "zip"):
            for path in getattr(when, part):
                if path in within:
                    yield (*at, part, path), str(VariedTwiceError(path, at))
        known |= when.grid.keys() | when.zip.keys()


def _varied_paths(block: Block) -> set[str]:
    parts: list[Varied] = [block, *block.when]
    own = {path for part in parts for path in (*part.grid, *part.zip)}
    return own.union(*map(_varied_paths, block.concat))


def _unvaried(path: str, known: set[str]) -> str:
    return f"{in_toml(path)} is not varied here, so it cannot be a condition; " + suggestion(
        path, known - {SEED}, none="there are no axes"
    )
