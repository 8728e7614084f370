"""From what the schema and the sweep refuse to mistakes, each where the writer made it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from grokspec.errors import Mistake
from grokspec.formatting import in_toml
from grokspec.spec.document import Document
from grokspec.spec.locations import Location, walk
from grokspec.spec.messages import message_for, stated
from grokspec.spec.points import Combination
from grokspec.spec.source import KeyPath, Part

Target = tuple[KeyPath, Part]
"""A key of the document, or its value."""

BY_A_VALIDATOR = ("invalid", "value_error", "assertion_error")
"""Errors that may be about several values together, and so about a point of the sweep."""


@dataclass
class Diagnosis:
    """The distinct mistakes of a document, as they come to light."""

    document: Document
    _found: dict[tuple[KeyPath, Part, str], str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """All of them: the file's own first, from its top to its end."""
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
        """Note a mistake, unless it is known; the remark is that of the first finding."""
        self._found.setdefault((path, part, message), remark)

    def add_value(
        self, message: str, path: KeyPath, value: Any, point: Combination, remark: str = ""
    ) -> None:
        """Note a mistake in the value at a path, be it the document's or an axis's."""
        target = self._in_sweep(path, point, "value") or (path, "value")
        self.add(f"{stated(Location(path, value, None))}: {message}", *target, remark)

    def examine(
        self,
        error: ValidationError,
        schema: type[BaseModel],
        data: dict[str, Any],
        point: Combination,
        given_elsewhere: frozenset[str] = frozenset(),
    ) -> None:
        """Note what pydantic found in the data of one point of the sweep.

        Keys that are missing are passed over if axes that could not be read name their paths.
        """
        for locations, errors in _by_place(error, schema, data):
            if _lacks_one_of(given_elsewhere, errors[0], locations[-1]):
                continue
            target = self._target(errors[0], locations, point)
            self.add(message_for(errors, locations), *target, _remark(errors[0], locations, point))

    def _target(self, error: ErrorDetails, locations: list[Location], point: Combination) -> Target:
        """Where the writer made a mistake that pydantic located."""
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
        """The axis or the value of an axis that put a path into the data, if one did."""
        for name, choice in point.items():
            own = tuple(name.split("."))
            if path[: len(own)] == own:
                if part == "key" and path == own:
                    return ("sweep", *choice.axis), "key"
                return ("sweep", *choice.place, *path[len(own) :]), part
            if own[: len(path)] == path and not _holds(self.document.data, path):
                return ("sweep", *choice.axis), "key"
        return None


def has_mistaken_values(error: ValidationError) -> bool:
    """Whether some value is mistaken by itself, and not only together with others."""
    return any(details["type"] not in BY_A_VALIDATOR for details in error.errors())


def _by_place(
    error: ValidationError, schema: type[BaseModel], data: dict[str, Any]
) -> list[tuple[list[Location], list[ErrorDetails]]]:
    """Errors by the place they are about; a union has one for each of its alternatives."""
    located = []
    for details in error.errors(include_url=False):
        locations = walk(schema, data, details["loc"], missing=details["type"] == "missing")
        for name in _at(details):
            locations.append(locations[-1].step(name))
        if not _is_echo(details, locations[-1]):
            located.append((locations, details))
    groups = [list(group) for _, group in groupby(located, key=lambda pair: pair[0][-1].path)]
    return [(group[0][0], [details for _, details in group]) for group in groups]


def _remark(error: ErrorDetails, locations: list[Location], point: Combination) -> str:
    """At which point a mistake shows first, if it is one of several values together."""
    table = locations[len(locations) - 1 - len(_at(error))]
    together = error["type"] in BY_A_VALIDATOR and isinstance(table.value, dict)
    return first_at(point) if together and table.path[:1] != ("sweep",) else ""


def _at(error: ErrorDetails) -> KeyPath:
    """The keys, in the table that was refused, because of which it was."""
    return tuple(error.get("ctx", {}).get("at", ()))


def _is_echo(details: ErrorDetails, location: Location) -> bool:
    """Whether a list is too short only because pydantic doesn't count its mistaken elements."""
    short = details["type"] == "too_short"
    return short and len(location.value) >= details["ctx"]["min_length"]


def _lacks_one_of(axes: frozenset[str], error: ErrorDetails, location: Location) -> bool:
    """Whether an error is that a key is missing which one of these axes gives."""
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
    """The remark at which point of the sweep a mistake first shows; none without a sweep."""
    if not point:
        return ""
    values = ", ".join(f"{path} = {in_toml(choice.value)}" for path, choice in point.items())
    return f" (first at {values})"
