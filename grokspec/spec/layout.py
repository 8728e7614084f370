"""How the runs of a sweep lie along axes, and what each is called: known before any has run."""

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
"""The dimension along which a run's recorded steps lie."""

RESERVED = (RECORD, "step", "time", "status", "diverged_at")
"""Names that results have for other things."""

Axis = tuple[str, ...]
"""The swept paths that share a dimension: one, or all of a zip."""

Coordinates = Mapping[str, Any]
"""The value of each path that is swept at one point."""


def axes_of(sweep: Sweep, points: Iterable[Coordinates]) -> list[Axis]:
    """The axes that a sweep varies, in its order; the seed comes last."""
    groups: dict[str, set[Axis]] = defaultdict(set)
    for part in _parts(sweep):
        for axis in (*((path,) for path in part.grid), tuple(part.zip)):
            for path in axis:
                groups[path].add(axis)

    def axis_of(path: str) -> Axis:
        """The paths that go with one; itself alone if they do not everywhere."""
        (axis, *others) = groups.get(path, {(path,)})
        together = not others and all(groups[other] == {axis} for other in axis)
        return axis if together else (path,)

    swept = dict.fromkeys(path for coordinates in points for path in coordinates)
    swept.pop(SEED, None)
    return [*dict.fromkeys(map(axis_of, swept)), (SEED,)]


def names_of(axes: Iterable[Axis], quantities: Collection[str]) -> dict[str, str]:
    """What to call each path: its last part, unless that could mean something else as well."""
    last = {path: path.rpartition(".")[2] for axis in axes for path in axis}
    often = Counter([*last.values(), *quantities, *RESERVED])
    return {path: path if often[name] > 1 else name for path, name in last.items()}


def position_along(experiment: Experiment, coordinates: Coordinates, axis: Axis) -> tuple[Any, ...]:
    """A run's value at each path of an axis; its own where it does not vary the path."""
    return tuple(
        coordinates[path] if path in coordinates else _own_value(experiment, path) for path in axis
    )


def lay_out(
    sweep: Sweep, runs: Sequence[tuple[Experiment, Coordinates]], quantities: Collection[str]
) -> dict[str, dict[str, list[Any]]]:
    """Each axis by its name, with the values of its coordinates at every point along it."""
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
    """A block of a sweep, its conditions, and the same of all blocks in it."""
    yield block
    yield from block.when
    for inner in block.concat:
        yield from _parts(inner)


def _own_value(experiment: Experiment, path: str) -> Any:
    """What an experiment has at a path that it does not vary, None if it has no such field."""
    found: Any = experiment
    for name in path.split("."):
        found = getattr(found, name, None)
    if isinstance(found, BaseModel):
        found = found.model_dump(mode="json")
    if isinstance(found, InputFile):
        return found.name
    return in_toml(found) if isinstance(found, dict | list | tuple) else found
