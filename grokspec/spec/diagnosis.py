"""From validation errors to mistakes, each at the place in the file where it was made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from grokspec.errors import MOST_COLLECTED, Mistake
from grokspec.figures.base import Objection
from grokspec.formatting import in_toml
from grokspec.spec.document import Document
from grokspec.spec.forms import FROM_PARTS, Form
from grokspec.spec.locations import Location, walk
from grokspec.spec.messages import message_for, place_and_value
from grokspec.spec.points import Combination
from grokspec.spec.source import KeyPath, Part

Target = tuple[KeyPath, Part]
"""A key of the document, or its value."""

BY_A_VALIDATOR = ("invalid", "value_error", "assertion_error")
"""Errors that may concern several values together, and so one point of the sweep."""


@dataclass
class Diagnosis:
    """Collects the distinct mistakes of a document."""

    document: Document
    form: Form = FROM_PARTS
    _found: dict[tuple[KeyPath, Part, str], str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """All mistakes, those of the file itself first, each file from top to bottom."""
        placed = []
        for (path, part, message), remark in self._found.items():
            origin = self.document.origin(path)
            file = self.document.chain.index(origin.source)
            positions = origin.source.positions
            start, _ = (positions.value if part == "value" else positions.key)(origin.path)
            mistake = origin.source.mistake(message + remark, origin.path, part)
            placed.append((file, start, message, mistake))
        return tuple(p[-1] for p in sorted(placed, key=lambda p: p[:-1]))

    def add(self, message: str, path: KeyPath = (), part: Part = "key", remark: str = "") -> None:
        """Add a mistake unless it is there already, with the remark of its first occurrence."""
        if not self.is_full:
            self._found.setdefault((self.form.written_at(path), part, message), remark)

    def add_objections(self, objections: Iterable[Objection]) -> None:
        """Add what a figure has against what is to be drawn."""
        for objection in objections:
            part: Part = "key" if objection.value is None else "value"
            self.add(str(objection), ("figure", *objection.at), part)

    @property
    def is_full(self) -> bool:
        """Whether there are so many mistakes that no more are looked for."""
        return len(self._found) >= MOST_COLLECTED

    def add_value(
        self, message: str, path: KeyPath, value: Any, point: Combination, remark: str = ""
    ) -> None:
        """Add a mistake in the value at a path, which the document or an axis has put there."""
        target = self.place_of(path, point)
        self.add(f"{place_and_value(Location(path, value, None))}: {message}", *target, remark)

    def place_of(self, path: KeyPath, point: Combination) -> Target:
        """Where the value at a path is written, in the document or on an axis."""
        return self._in_sweep(path, point, "value") or (path, "value")

    def add_errors(
        self,
        error: ValidationError,
        schema: type[BaseModel],
        data: dict[str, Any],
        point: Combination,
        given_elsewhere: frozenset[str] = frozenset(),
    ) -> None:
        """Add what pydantic found in the data of one point of the sweep.

        A missing key is no mistake if an axis in ``given_elsewhere`` sets it.
        """
        for locations, errors in _by_place(error, schema, data):
            if _is_given(given_elsewhere, errors[0], locations[-1]):
                continue
            target = self._target(errors[0], locations, point)
            self.add(message_for(errors, locations), *target, _remark(errors[0], locations, point))

    def _target(self, error: ErrorDetails, locations: list[Location], point: Combination) -> Target:
        """Where in the document the mistake is that pydantic found at a location of the data."""
        location = locations[-1]
        match error["type"]:
            case "missing":
                return locations[-2].path, "key"
            case "extra_forbidden":
                return self._in_sweep(location.path, point, "key") or (location.path, "key")
            case "union_tag_invalid" if isinstance(location.value, dict):
                path: KeyPath = (*location.path, "kind")
            case _:
                path = location.path
        return self._in_sweep(path, point, "value") or (path, "value")

    def _in_sweep(self, path: KeyPath, point: Combination, part: Part) -> Target | None:
        """The axis, or the value of an axis, that put a path into the data; None if none did."""
        for name, choice in point.items():
            own = tuple(name.split("."))
            if path[: len(own)] == own:
                if part == "key" and path == own:
                    return ("sweep", *choice.axis), "key"
                return ("sweep", *choice.place, *path[len(own) :]), part
            if own[: len(path)] == path and not _holds(
                self.document.data, self.form.written_at(path)
            ):
                return ("sweep", *choice.axis), "key"
        return None


def has_mistaken_values(error: ValidationError) -> bool:
    """Whether some value is wrong by itself, not only in combination with others."""
    return any(details["type"] not in BY_A_VALIDATOR for details in error.errors())


def _by_place(
    error: ValidationError, schema: type[BaseModel], data: dict[str, Any]
) -> list[tuple[list[Location], list[ErrorDetails]]]:
    """Errors grouped by their place; a union has one error for each of its alternatives."""
    located = []
    for details in error.errors(include_url=False)[:MOST_COLLECTED]:
        locations = walk(schema, data, details["loc"], missing=details["type"] == "missing")
        for name in _keys_to_blame(details):
            locations.append(locations[-1].step(name))
        if not _is_echo(details, locations[-1]):
            located.append((locations, details))
    groups = [list(group) for _, group in groupby(located, key=lambda pair: pair[0][-1].path)]
    return [(group[0][0], [details for _, details in group]) for group in groups]


def _remark(error: ErrorDetails, locations: list[Location], point: Combination) -> str:
    """The first point with this mistake, if it is one of several values together."""
    table = locations[len(locations) - 1 - len(_keys_to_blame(error))]
    together = error["type"] in BY_A_VALIDATOR and isinstance(table.value, dict)
    return first_at(point) if together and table.path[:1] != ("sweep",) else ""


def _keys_to_blame(error: ErrorDetails) -> KeyPath:
    """The path, within the table that a validator refused, to what is wrong in it."""
    return tuple(error.get("ctx", {}).get("at", ()))


def _is_echo(details: ErrorDetails, location: Location) -> bool:
    """Whether a list is "too short" only because pydantic doesn't count its invalid elements."""
    short = details["type"] == "too_short"
    return short and len(location.value) >= details["ctx"]["min_length"]


def _is_given(axes: frozenset[str], error: ErrorDetails, location: Location) -> bool:
    """Whether an error is about a missing key that one of these axes sets."""
    match error["type"]:
        case "missing":
            path = location.path
        case "union_tag_not_found" if isinstance(location.value, dict):
            path = (*location.path, "kind")
        case _:
            return False
    return any(tuple(axis.split("."))[: len(path)] == path for axis in axes)


def _holds(data: Any, path: KeyPath) -> bool:
    for name in path:
        if not isinstance(data, dict) or name not in data:
            return False
        data = data[name]
    return True


def first_at(point: Combination) -> str:
    """The remark that names the first point with a mistake; empty without a sweep."""
    if not point:
        return ""
    values = ", ".join(f"{path} = {in_toml(choice.known_as)}" for path, choice in point.items())
    return f" (first at {values})"
