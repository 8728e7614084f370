"""From a sweep to its points: the values of each, and where in the sweep each value is written."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from grokspec.errors import suggestion
from grokspec.spec.ranges import Axis, Named, Value, values_of
from grokspec.spec.sweep import SEED, Block, Sweep, Varied, When, as_list, same

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

    def is_called(self, value: Value) -> bool:
        """Whether this is its value or its name."""
        return same(self.value, value) or (self.name is not None and self.name == value)

    @property
    def known_as(self) -> Value:
        """The name if it has one, else the value."""
        return self.value if self.name is None else self.name


AXIS: TypeAdapter[Axis] = TypeAdapter(Axis)

Combination = dict[str, Choice]
"""One point of a sweep: the choice for each swept path."""


class VariedTwiceError(ValueError):
    """Two axes vary the same path at one point."""

    def __init__(self, path: str, place: Place) -> None:
        super().__init__(
            f'"{path}" is varied by another axis at the same points; remove one of the two'
        )
        self.place = place


def expand(sweep: Sweep) -> list[dict[str, Value]]:
    """The value of each swept path at each point; seeds vary fastest, then the last axis."""
    return [_values(point) for point in combinations(sweep)]


def combinations(sweep: Sweep) -> Iterator[Combination]:
    """The points of a sweep, made one by one. May raise VariedTwiceError."""
    listed = isinstance(sweep.seed, list)
    for point in _points(sweep, {}, ()):
        if sweep.seed is None:
            yield point
        for i, seed in enumerate(sweep.seeds):
            yield _joined(point, {SEED: Choice(seed, (SEED,), i, listed)})


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
                choices = _choices(AXIS.validate_python(written), (*place, part, path))
                ends = choices if choices[0].listed else (choices[0], choices[-1])
                yield from ({path: choice} for choice in ends)
    for part in ("concat", "when"):
        blocks = sweep.get(part)
        for position, block in enumerate(blocks if isinstance(blocks, list) else ()):
            yield from single_choices(block, (*place, part, position))


def _points(block: Block, given: Combination, place: Place) -> Iterator[Combination]:
    """The points of a block; its conditions also see the choices ``given`` by outer blocks."""
    for point in _products(block, place):
        for inner in _concatenated(block, {**given, **point}, place):
            yield from _with_conditions(block, given, _joined(point, inner), place)


def _concatenated(block: Block, given: Combination, place: Place) -> Iterator[Combination]:
    if not block.concat:
        yield {}
    for position, part in enumerate(block.concat):
        yield from _points(part, given, (*place, "concat", position))


def _with_conditions(
    block: Block, given: Combination, point: Combination, place: Place
) -> Iterable[Combination]:
    points: Iterable[Combination] = [point]
    for position, when in enumerate(block.when):
        points = _with_condition(when, (*place, "when", position), given, points)
    return points


def _with_condition(
    when: When, place: Place, given: Combination, points: Iterable[Combination]
) -> Iterator[Combination]:
    for point in points:
        matches = _meets(when, point, given)
        for more in _products(when, place) if matches else [{}]:
            yield _joined(point, more)


def _meets(when: When, point: Combination, given: Combination) -> bool:
    """Whether a point has, for every path of a condition, a value that matches, or its name."""
    for path, wanted in when.condition.items():
        choice = point.get(path) or given.get(path)
        if choice is None or not any(choice.is_called(value) for value in as_list(wanted)):
            return False
    return True


def _products(varied: Varied, place: Place) -> Iterator[Combination]:
    """Every combination of the values of the grid's axes and the rows of the zip."""
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


def _choices(axis: Axis, place: Place) -> list[Choice]:
    listed = isinstance(axis, list)
    return [
        Choice(value.value, place, i, listed, value.name, value.inner)
        if isinstance(value, Named)
        else Choice(value, place, i, listed)
        for i, value in enumerate(values_of(axis))
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
    return f'"{path}" is not varied here, so it cannot be a condition; ' + suggestion(
        path, known - {SEED}, none="there are no axes"
    )
