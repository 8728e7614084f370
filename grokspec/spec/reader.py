"""Reading a spec: from a TOML file to its experiments, or to every mistake in it at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from grokspec.errors import GrokspecError, suggestion
from grokspec.spec.diagnostics import Diagnosis, first_at, has_mistaken_values
from grokspec.spec.document import DEFAULT_PROFILE, Document, read_document
from grokspec.spec.points import (
    Combination,
    Place,
    VariedTwiceError,
    clashes,
    combinations,
    single_choices,
    size,
)
from grokspec.spec.rules import shown
from grokspec.spec.schema import Experiment, Spec
from grokspec.spec.sweep import Sweep

LIMIT = 10_000
"""The most runs that a spec may have before it is taken for a slip."""

Scalar = str | int | float | bool


@dataclass(frozen=True)
class Point:
    """One point of a spec's sweep.

    ``coordinates`` has the value of every path that is swept at this point, as the experiment
    has it; a value that is a table or a list is told in TOML.
    """

    experiment: Experiment
    coordinates: dict[str, Scalar]


@dataclass(frozen=True)
class SpecFile:
    """A spec file under one profile.

    ``name`` is the path below the nearest folder called "specs", without its ending. ``spec`` is
    the whole of the file, with the first point's values where it leaves them to the sweep.
    """

    name: str
    path: Path
    profile: str
    spec: Spec
    experiments: tuple[Point, ...]


def read_spec(
    path: str | Path, profile: str = DEFAULT_PROFILE, limit: int | None = LIMIT
) -> SpecFile:
    """Read a spec file under a profile.

    Raises a GrokspecError with all mistakes. A sweep of more than ``limit`` runs is one, and is
    found out before it is expanded.
    """
    path = Path(path)
    document = read_document(path, profile)
    diagnosis = Diagnosis(document)
    points = _points(document, diagnosis, limit)
    if points is None:
        _check_apart(document, diagnosis)
        raise GrokspecError(*diagnosis.mistakes)
    sound = _check_values(document, diagnosis, points)
    spec = _check_whole(document, diagnosis, points[0])
    if not sound:
        raise GrokspecError(*diagnosis.mistakes)
    experiments = tuple(_experiments(document, diagnosis, points))
    if len(experiments) == len(points):
        _check_twins(diagnosis, points, experiments)
    if diagnosis or spec is None:
        raise GrokspecError(*diagnosis.mistakes)
    return SpecFile(spec_name(path), path, profile, spec, experiments)


def spec_name(path: Path) -> str:
    """What a spec is called: "polynomial/alpha" for ``specs/polynomial/alpha.toml``."""
    stem = path.absolute().with_suffix("")
    parts = stem.parts
    if "specs" not in parts[:-1]:
        return stem.name
    last = len(parts) - 2 - parts[-2::-1].index("specs")
    return "/".join(parts[last + 1 :])


def _points(
    document: Document, diagnosis: Diagnosis, limit: int | None
) -> list[Combination] | None:
    """The points of the sweep, or None if it is mistaken or too large; notes why."""
    try:
        sweep = Sweep.model_validate(document.data.get("sweep", {}))
    except ValidationError:
        return None  # `_check_whole` tells of it
    for place, message in clashes(sweep):
        diagnosis.add(message, ("sweep", *place))
    if diagnosis:
        return None
    count = size(sweep)
    if limit is not None and count > limit:
        diagnosis.add(
            f"{count:,} runs are more than {limit:,}; thin the sweep, or raise the bound with "
            f"--limit {count}",
            ("sweep",),
        )
        return None
    try:
        points = list(combinations(sweep))
    except VariedTwiceError as error:
        diagnosis.add(str(error), ("sweep", *error.place))
        return None
    return points


def _check_apart(document: Document, diagnosis: Diagnosis) -> None:
    """Check all that can be checked although the sweep cannot be expanded."""
    sweep = document.data.get("sweep")
    axes = _axes_named(sweep)
    _check_whole(document, diagnosis, {}, axes)
    if not any(axis.endswith("kind") or axis in ("task", "model", "optimizer") for axis in axes):
        # else what one axis may hold would depend on another
        _check_values(document, diagnosis, list(single_choices(sweep)), axes)


def _check_paths(document: Document, diagnosis: Diagnosis, points: Iterable[Combination]) -> None:
    """Note the axes whose paths are not those of a run's fields."""
    axes = {path: choice.axis for point in points for path, choice in point.items()}
    for path, axis in axes.items():
        if why := _why_no_field(document.data, path):
            diagnosis.add(why, ("sweep", *axis))


def _why_no_field(data: dict[str, Any], path: str) -> str | None:
    """Why a path cannot be the field of a run, as far as the names of its tables tell."""
    first, *inner = path.split(".")
    if first not in Experiment.model_fields or "" in inner:
        return f'"{path}" names no field of a run; {suggestion(first, Experiment.model_fields)}'
    node, names = data.get(first, {}), [first]
    for name in inner:
        if not isinstance(node, dict):
            what = "a list, which varies as a whole" if isinstance(node, list) else "no table"
            return f'"{path}" names no field of a run; {".".join(names)} is {what}'
        node = node.get(name, {})
        names.append(name)
    return None


def _check_whole(
    document: Document,
    diagnosis: Diagnosis,
    point: Combination,
    given_elsewhere: frozenset[str] = frozenset(),
) -> Spec | None:
    """Check all that the file says, at one point; notes what is wrong."""
    data = _data_at(document.data, point)
    try:
        return Spec.model_validate(data)
    except ValidationError as error:
        diagnosis.examine(error, Spec, data, point, given_elsewhere)
        return None


def _check_values(
    document: Document,
    diagnosis: Diagnosis,
    points: Sequence[Combination],
    given_elsewhere: frozenset[str] = frozenset(),
) -> bool:
    """Check each axis, and each of its values once; whether there is sense in checking all points.

    So a mistaken value is found without trying all the points that have it.
    """
    _check_paths(document, diagnosis, points)
    sound = not diagnosis
    for point in _covering(points):
        data = _data_at(document.data, point)
        try:
            Experiment.model_validate(_run_of(data))
        except ValidationError as error:
            diagnosis.examine(error, Experiment, data, point, given_elsewhere)
            sound = sound and not has_mistaken_values(error)
    return sound


def _covering(points: Sequence[Combination]) -> Iterator[Combination]:
    """The first point, and each that has a value that none before it has."""
    seen: set[tuple[Place, int]] = set()
    for number, point in enumerate(points):
        values = {(choice.axis, choice.index) for choice in point.values()}
        if number == 0 or not values <= seen:
            seen |= values
            yield point


def _experiments(
    document: Document, diagnosis: Diagnosis, points: Sequence[Combination]
) -> Iterator[Point]:
    """The points that can be trained; notes why the others cannot."""
    for point in points:
        data = _data_at(document.data, point)
        try:
            experiment = Experiment.model_validate(_run_of(data))
        except ValidationError as error:
            diagnosis.examine(error, Experiment, data, point)
        else:
            yield Point(
                experiment,
                {path: _coordinate(experiment, path, c.value) for path, c in point.items()},
            )


def _run_of(data: dict[str, Any]) -> dict[str, Any]:
    """What of a spec's data describes a run."""
    return {key: value for key, value in data.items() if key in Experiment.model_fields}


def _data_at(data: dict[str, Any], point: Combination) -> dict[str, Any]:
    """The data with a point's values at their paths; what they share stays shared."""
    data = dict(data)
    for path in sorted(point, key=len):  # a table before what is varied within it
        *tables, last = path.split(".")
        if (*tables, last)[0] not in Experiment.model_fields:
            continue  # `_check_paths` tells of it
        node = data
        for name in tables:
            inner = node.get(name, {})
            if not isinstance(inner, dict):
                break  # an axis put it there, and the schema will refuse it
            node[name] = dict(inner)
            node = node[name]
        else:
            node[last] = point[path].value
    return data


def _coordinate(experiment: Experiment, path: str, value: Any) -> Scalar:
    """What an experiment has at a path; in TOML, as the spec says it, if it is no single value."""
    found: Any = experiment
    for name in path.split("."):
        found = getattr(found, name, value)
    return found if isinstance(found, Scalar) else shown(value)


def _check_twins(
    diagnosis: Diagnosis, points: Sequence[Combination], experiments: Sequence[Point]
) -> None:
    """Note the points that are the same run as one before them."""
    first: dict[str, Combination] = {}
    for point, reading in zip(points, experiments, strict=True):
        twin = first.setdefault(reading.experiment.identity, point)
        if twin is not point:
            where = ("sweep", *_where_they_part(twin, point))
            message = "the sweep has the same run twice; take one of the two out"
            diagnosis.add(message, where, "value", first_at(point))


def _where_they_part(twin: Combination, point: Combination) -> Place:
    """The innermost part of the sweep in which a point differs from its twin."""
    places = [c.place for path, c in point.items() if path not in twin or twin[path] != c]
    return tuple(
        names[0] for names in takewhile(lambda n: len(set(n)) == 1, zip(*places, strict=False))
    )


def _axes_named(sweep: Any) -> frozenset[str]:
    """The paths that a sweep seems to vary, however mistaken it is."""
    if isinstance(sweep, list):
        return frozenset().union(*map(_axes_named, sweep))
    if not isinstance(sweep, dict):
        return frozenset()
    return frozenset(sweep).union(*map(_axes_named, sweep.values()))
