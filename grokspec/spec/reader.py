"""Reading a spec: from a TOML file to its experiments, or to every mistake in it at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grokspec.errors import GrokspecError
from grokspec.input_files import InputFile
from grokspec.spec import DEFAULT_PROFILE, LIMIT
from grokspec.spec.document import read_document
from grokspec.spec.inspection import Inspection
from grokspec.spec.points import Combination
from grokspec.spec.rules import shown
from grokspec.spec.schema import Experiment, Spec

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

    def __repr__(self) -> str:
        from grokspec.notebook.plain import spec_in_a_line

        return spec_in_a_line(self)

    def _repr_html_(self) -> str:
        from grokspec.notebook.html_of_plan import spec_as_html

        return spec_as_html(self)


def read_spec(
    path: str | Path,
    profile: str = DEFAULT_PROFILE,
    limit: int | None = LIMIT,
    change: str = "",
) -> SpecFile:
    """Read a spec file under a profile, with a change laid on top of it (TOML) if there is one.

    Raises a GrokspecError with all mistakes. A sweep of more than ``limit`` runs is one, and is
    found out before it is expanded.
    """
    path = Path(path)
    inspection = Inspection(read_document(path, profile, change))
    points = inspection.points(limit)
    if points is None:
        inspection.without_points()
        raise GrokspecError(*inspection.diagnosis.mistakes)
    sound = inspection.values(points)
    spec = inspection.whole(points[0])
    experiments = inspection.experiments(points) if sound else []
    read = tuple(map(_point, experiments, points))
    if spec is not None and not inspection.diagnosis:
        inspection.figure(spec, [(point.experiment, point.coordinates) for point in read])
    if inspection.diagnosis or spec is None:
        raise GrokspecError(*inspection.diagnosis.mistakes)
    return SpecFile(spec_name(path), path, profile, spec, read)


def spec_name(path: Path) -> str:
    """What a spec is called: "polynomial/alpha" for ``specs/polynomial/alpha.toml``."""
    stem = path.absolute().with_suffix("")
    parts = stem.parts
    if "specs" not in parts[:-1]:
        return stem.name
    last = len(parts) - 2 - parts[-2::-1].index("specs")
    return "/".join(parts[last + 1 :])


def _point(experiment: Experiment, combination: Combination) -> Point:
    coordinates = {p: _coordinate(experiment, p, c.value) for p, c in combination.items()}
    return Point(experiment, coordinates)


def _coordinate(experiment: Experiment, path: str, value: Any) -> Scalar:
    """What an experiment has at a path; in TOML, as the spec says it, if it is no single value."""
    found: Any = experiment
    for name in path.split("."):
        found = getattr(found, name, value)
    if isinstance(found, InputFile):
        return found.name
    return found if isinstance(found, Scalar) else shown(value)
