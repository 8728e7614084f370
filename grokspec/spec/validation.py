"""Validating a document against the schema, point by point, so that all its mistakes are found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from grokspec.description import Description, fields_of
from grokspec.engines.base import AUTO, Engine, NoEngineError, with_engine
from grokspec.errors import MOST_COLLECTED, suggestion
from grokspec.figures.base import Available
from grokspec.files.python import named_in
from grokspec.formatting import in_toml, toml_text
from grokspec.spec.bounds import LONGEST_RUN, MOST_RECORDS
from grokspec.spec.conditions import unmet
from grokspec.spec.diagnosis import Diagnosis, first_at, has_mistaken_values
from grokspec.spec.document import Document
from grokspec.spec.fields import similar_field
from grokspec.spec.forms import TrainedSpec, form_of
from grokspec.spec.layout import Point, lay_out
from grokspec.spec.naming import misnamed, named, unclear
from grokspec.spec.needs import unmet_needs
from grokspec.spec.points import (
    Combination,
    Place,
    TooManyPointsError,
    VariedTwiceError,
    clashes,
    combinations,
    oversize,
    single_choices,
)
from grokspec.spec.runs import identity
from grokspec.spec.sweep import SEED, Sweep

NOWHERE: frozenset[str] = frozenset()

Runs = TypeVar("Runs", bound=Description)


class Validation:
    """The validation of one document; its mistakes are collected in ``diagnosis``."""

    def __init__(self, document: Document) -> None:
        self.form, data = form_of(document.data)
        self.data = dict(data)
        if "sweep" in data:
            self.data["sweep"] = named(data["sweep"], data, self.form.run)
        self.diagnosis = Diagnosis(document, self.form)
        self._made: dict[str, BaseModel] = {}

    def points(self, limit: int | None) -> list[Combination] | None:
        """The points of the sweep, or None if it is invalid or has more than ``limit``."""
        for message, place in misnamed(self.data.get("sweep")):
            self.diagnosis.add(message, ("sweep", *place), "value")
        try:
            sweep = Sweep.model_validate(self.data.get("sweep", {}))
        except ValidationError:
            return None  # `whole` reports it
        if excess := oversize(sweep):
            self.diagnosis.add(excess, ("sweep",))
            return None
        for place, message in clashes(sweep):
            self.diagnosis.add(message, ("sweep", *place))
        if self.diagnosis:
            return None
        try:
            found = list(combinations(sweep, limit))
        except VariedTwiceError as error:
            self.diagnosis.add(str(error), ("sweep", *error.place))
            return None
        except TooManyPointsError:
            self.diagnosis.add(
                f"more than {limit:,} runs; thin the sweep, or allow more with --limit", ("sweep",)
            )
            return None
        for place, message in islice(unmet(sweep, found), MOST_COLLECTED):
            self.diagnosis.add(message, ("sweep", *place), "value")
        return found if self._fits(found) else None

    def without_points(self) -> None:
        """Check as much as can be checked of a document whose sweep cannot be expanded."""
        sweep = self.data.get("sweep")
        axes = _axes_named(sweep)
        self.whole({}, axes)
        if not any(a.endswith("kind") or a in ("task", "model", "optimizer") for a in axes):
            # with such axes, which values are valid would depend on the point
            self.values(list(islice(single_choices(sweep), MOST_COLLECTED)), axes)

    def whole(
        self, point: Combination, given_elsewhere: frozenset[str] = NOWHERE
    ) -> TrainedSpec | None:
        """Check the whole document, at one point."""
        data = self._data_at(point)
        try:
            content = self.form.whole.model_validate(data)
        except ValidationError as error:
            self.diagnosis.add_errors(error, self.form.whole, data, point, given_elsewhere)
            return None
        return content if self._trainable(content, data, point) else None

    def values(
        self, points: Sequence[Combination], given_elsewhere: frozenset[str] = NOWHERE
    ) -> bool:
        """Check the path of each axis and each of its values once, not at every point with it.

        Returns whether the values are valid, so that all points are worth checking.
        """
        self._paths(points)
        sound = not self.diagnosis
        for point in _covering(points):
            if self.diagnosis.is_full:
                break
            data = self._data_at(point)
            try:
                experiment = self._run_of(data)
            except ValidationError as error:
                self.diagnosis.add_errors(error, self.form.run, data, point, given_elsewhere)
                sound = sound and not has_mistaken_values(error)
            else:
                self._trainable(experiment, data, point)
        return sound

    def experiments(self, points: Sequence[Combination]) -> dict[str, Description]:
        """The experiment of each point by its identity, without those that are invalid."""
        found: dict[str, tuple[Combination, Description]] = {}
        for point in points:
            if self.diagnosis.is_full:
                break
            data = self._data_at(point)
            try:
                experiment = self._run_of(data)
            except ValidationError as error:
                self.diagnosis.add_errors(error, self.form.run, data, point)
                continue
            if trainable := self._trainable(experiment, data, point):
                first, known = found.setdefault(identity(trainable), (point, trainable))
                if first is not point:
                    self._add_repeated(first, point, _files(known) == _files(trainable))
        return {key: experiment for key, (_, experiment) in found.items()}

    def needs(self, experiments: Sequence[Description], points: Sequence[Combination]) -> None:
        """Check that numbers from other runs come from runs of the spec."""
        for i, path, message in unmet_needs(experiments):
            point = points[i] if i < len(points) else {}
            where = self.diagnosis.place_of(tuple(path.split(".")), point)
            self.diagnosis.add(f"{path}: {message}", *where, first_at(point))

    def size(self, experiments: Sequence[Description]) -> None:
        """Check that the runs together don't record more than a spec may."""
        records = sum(experiment.records for experiment in experiments)
        if records > MOST_RECORDS:
            self.diagnosis.add(
                f"{len(experiments):,} runs with {records:,} records are more than "
                f"{MOST_RECORDS:,}; record fewer steps, or thin the sweep",
                ("record", "steps"),
                "value",
            )

    def _fits(self, points: Sequence[Combination]) -> bool:
        """Whether the description of no run is longer than it may be, whatever the point."""
        longest: dict[str, int] = {}
        choices = {(c.axis, c.index): (p, c) for point in points for p, c in point.items()}
        for path, choice in choices.values():
            longest[path] = max(longest.get(path, 0), len(toml_text(choice.value)))
        length = len(toml_text(self._of_a_run(self.data))) + sum(longest.values())
        if length > LONGEST_RUN:
            self.diagnosis.add(
                f"the description of a run has {length:,} characters, but at most "
                f"{LONGEST_RUN:,}; shorten its lists and texts"
            )
        return length <= LONGEST_RUN

    def labels(self, points: Sequence[Combination], located: Sequence[Point]) -> None:
        """Check that every value of a swept path has one label, and every label one value."""
        for path, i, message in unclear(points, located):
            choice = points[i].get(path)
            self.diagnosis.add(message, ("sweep", *(choice.place if choice else ())), "value")

    def figure(self, spec: TrainedSpec, points: Sequence[Point]) -> None:
        """Check that the figure can be drawn from what the runs will record."""
        if spec.figure is None:
            return
        named = [experiment.quantities for experiment, _ in points]
        known = None if None in named else frozenset().union(*filter(None, named))
        axes = lay_out(spec.sweep, points, known or ())
        axes.pop(SEED, None)
        self.diagnosis.add_objections(spec.figure.objections(Available(known, axes)))

    def _trainable(self, experiment: Runs, data: dict[str, Any], point: Combination) -> Runs | None:
        """The experiment with its engine; None, and a mistake is added, if none can train it."""
        try:
            return with_engine(experiment)
        except NoEngineError as error:
            known = experiment.engine == AUTO or experiment.engine in Engine.alternatives
            remark = first_at(point) if known else ""
            self.diagnosis.add_value(str(error), ("engine",), data.get("engine"), point, remark)
            return None

    def _paths(self, points: Iterable[Combination]) -> None:
        axes = {path: choice.axis for point in points for path, choice in point.items()}
        for path, axis in axes.items():
            if why := self._why_no_field(path):
                self.diagnosis.add(why, ("sweep", *axis))

    def _data_at(self, point: Combination) -> dict[str, Any]:
        """A copy of the data with a point's values at their paths; unchanged tables are shared."""
        data = dict(self.data)
        for path in sorted(point, key=len):  # a table before its own fields
            *tables, last = path.split(".")
            if (*tables, last)[0] in self._fields:  # others are mistakes, see `_paths`
                table = _copied_table(data, tables)
                if table is not None:
                    table[last] = point[path].value
        return data

    def _run_of(self, data: dict[str, Any]) -> Description:
        """The run that data describe. Parts that no axis varies are made once for all points."""
        written = self._of_a_run(data)
        tables = {name: value for name, value in written.items() if isinstance(value, dict)}
        unvaried = [name for name, table in tables.items() if table is self.data.get(name)]
        made = {name: self._made[name] for name in unvaried if name in self._made}
        try:
            run = self.form.run.model_validate({**written, **made})
        except ValidationError:  # once more, as errors have to be about what is written
            return self.form.run.model_validate(written)
        for name in unvaried:
            if name not in made and isinstance(part := run.value_at(name), BaseModel):
                self._made[name] = part
        return run

    def _of_a_run(self, data: dict[str, Any]) -> dict[str, Any]:
        """The part of a spec's data that describes a run."""
        return {key: value for key, value in data.items() if key in self._fields}

    @cached_property
    def _fields(self) -> dict[str, FieldInfo]:
        return fields_of(self.form.run)

    def _why_no_field(self, path: str) -> str | None:
        """Why a path cannot be a field of a run, by its tables alone; None if it may be."""
        first, *inner = path.split(".")
        if first not in self._fields or "" in inner:
            similar = similar_field(path, self.data, self.form.run)
            remedy = (
                f"did you mean {in_toml(similar)}?" if similar else suggestion(first, self._fields)
            )
            return f"{in_toml(path)} is not a field of a run; {remedy}"
        node, names = self.data.get(first, {}), [first]
        for name in inner:
            if not isinstance(node, dict):
                is_list = isinstance(node, list)
                what = "a list, which varies as a whole" if is_list else "not a table"
                return f"{in_toml(path)} is not a field of a run; {'.'.join(names)} is {what}"
            node = node.get(name, {})
            names.append(name)
        return None

    def _add_repeated(self, first: Combination, point: Combination, same: bool) -> None:
        """Add that two points are one run; if not the ``same``, they name files of one name."""
        where = ("sweep", *_place_of_difference(first, point))
        message = "the sweep has the same run twice; remove one of the two"
        if not same:
            message = "Python files are known by their names, and two have the same; rename one"
        self.diagnosis.add(message, where, "value", first_at(point))


def _copied_table(data: dict[str, Any], names: Iterable[str]) -> dict[str, Any] | None:
    """The table at a path, copied on the way, new if missing; None if a value is in the way."""
    for name in names:
        inner = data.get(name, {})
        if not isinstance(inner, dict):
            return None
        data[name] = dict(inner)
        data = data[name]
    return data


def _files(experiment: Description) -> set[Path | None]:
    """The Python files that a description names."""
    return {named.path for named in named_in(experiment)}


def _covering(points: Sequence[Combination]) -> Iterator[Combination]:
    """The first point, and each point with a value that no earlier point has.

    Seeds are left out: they are valid, as the sweep is.
    """
    seen: set[tuple[Place, int]] = set()
    for number, point in enumerate(points):
        values = {(c.axis, c.index) for c in point.values() if c.axis != (SEED,)}
        if number == 0 or not values <= seen:
            seen |= values
            yield point


def _place_of_difference(first: Combination, point: Combination) -> Place:
    """The innermost part of the sweep that holds all differences of a point from another."""
    places = [c.place for path, c in point.items() if path not in first or first[path] != c]
    shared = takewhile(lambda names: len(set(names)) == 1, zip(*places, strict=False))
    return tuple(names[0] for names in shared)


def _axes_named(sweep: Any) -> frozenset[str]:
    """All keys of a sweep that may be invalid: its paths and other words."""
    if isinstance(sweep, list):
        return NOWHERE.union(*map(_axes_named, sweep))
    if not isinstance(sweep, dict):
        return NOWHERE
    return frozenset(sweep).union(*map(_axes_named, sweep.values()))
