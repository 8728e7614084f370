"""The axes of a sweep, their names and values; known before any run has trained."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from grokspec.engines.base import RESERVED
from grokspec.files.inputs import InputFile
from grokspec.files.python import PythonName
from grokspec.formatting import toml_text
from grokspec.spec.sweep import SEED, Block, Sweep, Varied

if TYPE_CHECKING:
    from grokspec.description import Description

JSON = json.JSONEncoder(sort_keys=True)

Axis = tuple[str, ...]
"""The swept paths of one dimension: a single path, or all paths of a zip."""

Coordinates = Mapping[str, Any]
"""One point of a sweep: the label of the value of each swept path."""

Point = tuple["Description", Coordinates]
"""A run as far as its place in the sweep depends on it."""


def axes_of(sweep: Sweep, points: Iterable[Coordinates]) -> list[Axis]:
    """The axes of a sweep in the order of the file, with the seed last."""
    groups: dict[str, set[Axis]] = defaultdict(set)
    for part in _parts(sweep):
        for axis in (*((path,) for path in part.grid), tuple(part.zip)):
            for path in axis:
                groups[path].add(axis)

    def axis_of(path: str) -> Axis:
        """The axis of a path: all paths zipped with it, if they are zipped in every part."""
        (axis, *others) = groups.get(path, {(path,)})
        together = not others and all(groups[other] == {axis} for other in axis)
        return axis if together else (path,)

    swept = dict.fromkeys(path for coordinates in points for path in coordinates)
    swept.pop(SEED, None)
    return [*dict.fromkeys(map(axis_of, swept)), (SEED,)]


def names_of(axes: Iterable[Axis], quantities: Collection[str]) -> dict[str, str]:
    """A name for each path: its last part if that is unambiguous, else the whole path."""
    last = {path: path.rpartition(".")[2] for axis in axes for path in axis}
    often = Counter([*last.values(), *quantities, *RESERVED])
    return {path: path if often[name] > 1 else name for path, name in last.items()}


def positions_along(points: Sequence[Point], axis: Axis) -> list[tuple[Any, ...]]:
    """The labels of each run at the paths of an axis."""
    return list(zip(*(labels_at(points, path) for path in axis), strict=True))


def labels_at(points: Sequence[Point], path: str) -> list[Any]:
    """The label of each run at a path.

    A run that does not vary the path has the label of the runs that do, if its value is theirs.
    """
    if all(path in coordinates for _, coordinates in points):
        return [coordinates[path] for _, coordinates in points]
    values = values_at(points, path)
    labels = _first_labels(points, path, values)
    return [
        at[path] if path in at else labels.get(value, _own_label(experiment, at, path))
        for value, (experiment, at) in zip(values, points, strict=True)
    ]


def with_one_label_each(
    points: Sequence[tuple[Description, dict[str, Any]]],
) -> list[tuple[Description, dict[str, Any]]]:
    """The same runs; equal values, however they are written, have the label of the first."""
    found = [(experiment, dict(coordinates)) for experiment, coordinates in points]
    for path in dict.fromkeys(path for _, coordinates in points for path in coordinates):
        values = values_at(points, path)
        labels = _first_labels(points, path, values)
        for value, (_, coordinates) in zip(values, found, strict=True):
            if path in coordinates:
                coordinates[path] = labels[value]
    return found


def values_at(points: Sequence[Point], path: str) -> list[str]:
    """Each experiment's value at a path as JSON, which differs if and only if the value does.

    The fields of a table that are varied by themselves are no part of it.
    """
    return [JSON.encode(_part_at(*point, path)) for point in points]


def lay_out(
    sweep: Sweep, runs: Sequence[Point], quantities: Collection[str]
) -> dict[str, dict[str, list[Any]]]:
    """The name of each axis, with the values of each of its paths along it (see `names_of`)."""
    axes = axes_of(sweep, [coordinates for _, coordinates in runs])
    names = names_of(axes, quantities)
    found = {}
    for axis in axes:
        points = dict.fromkeys(positions_along(runs, axis))
        columns = zip(*points, strict=True)
        found[names[axis[0]]] = dict(
            zip((names[path] for path in axis), map(list, columns), strict=True)
        )
    return found


def _parts(block: Block) -> Iterator[Varied]:
    """A block of a sweep and its conditions, and those of all blocks inside it."""
    yield block
    yield from block.when
    for inner in block.concat:
        yield from _parts(inner)


def _first_labels(points: Sequence[Point], path: str, values: Sequence[str]) -> dict[str, Any]:
    """The label of each value at a path, by the first run that varies it."""
    labels: dict[str, Any] = {}
    for value, (_, coordinates) in zip(values, points, strict=True):
        if path in coordinates:
            labels.setdefault(value, coordinates[path])
    return labels


def _own_label(experiment: Description, coordinates: Coordinates, path: str) -> Any:
    """A value as its own label: tables and lists as TOML, None if there is no such field."""
    found = experiment.value_at(path)
    if isinstance(found, InputFile | PythonName):
        return str(found)
    return found if _is_scalar(found) else toml_text(_part_at(experiment, coordinates, path))


def _part_at(experiment: Description, coordinates: Coordinates, path: str) -> Any:
    """The part of an experiment's description at a path."""
    found = experiment.value_at(path)
    if _is_scalar(found):
        return found
    found = experiment.described
    for name in path.split("."):
        found = found.get(name, {})  # what is empty by default is left out
    for other in coordinates:
        if other.startswith(f"{path}."):
            _remove(found, other.removeprefix(f"{path}.").split("."))
    return found


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _remove(table: Any, names: Sequence[str]) -> None:
    for name in names[:-1]:
        table = table.get(name) if isinstance(table, dict) else None
    if isinstance(table, dict):
        table.pop(names[-1], None)
