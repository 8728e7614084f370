"""The axes of a sweep, their names and values; known before any run has trained."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from grokspec.files.inputs import InputFile
from grokspec.formatting import in_toml
from grokspec.spec.sweep import SEED, Block, Sweep, Varied

if TYPE_CHECKING:
    from grokspec.experiment import Experiment

RECORD = "record"
"""The dimension of a run's recorded steps."""

RESERVED = (RECORD, "step", "time", "status", "diverged_at")
"""Names that mean something else in results, so that no axis may have them."""

Axis = tuple[str, ...]
"""The swept paths of one dimension: a single path, or all paths of a zip."""

Coordinates = Mapping[str, Any]
"""One point of a sweep: the value of each swept path."""


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


def position_along(experiment: Experiment, coordinates: Coordinates, axis: Axis) -> tuple[Any, ...]:
    """A run's value at each path of an axis, from its experiment where the path is not swept."""
    return tuple(
        coordinates[path] if path in coordinates else _value_at(experiment, path) for path in axis
    )


def lay_out(
    sweep: Sweep, runs: Sequence[tuple[Experiment, Coordinates]], quantities: Collection[str]
) -> dict[str, dict[str, list[Any]]]:
    """The name of each axis, with the values of each of its paths along it (see `names_of`)."""
    axes = axes_of(sweep, [coordinates for _, coordinates in runs])
    names = names_of(axes, quantities)
    found = {}
    for axis in axes:
        points = dict.fromkeys(position_along(experiment, at, axis) for experiment, at in runs)
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


def _value_at(experiment: Experiment, path: str) -> Any:
    """The value of an experiment's field, tables and lists as TOML; None if there is no field."""
    found: Any = experiment
    for name in path.split("."):
        found = getattr(found, name, None)
    if isinstance(found, BaseModel):
        found = found.model_dump(mode="json")
    if isinstance(found, InputFile):
        return found.name
    return in_toml(found) if isinstance(found, dict | list | tuple) else found
