"""What the schema expects at each place of a document."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from grokspec.description import fields_of
from grokspec.kinds import Kind
from grokspec.spec.source import KeyPath


@dataclass(frozen=True)
class Location:
    """A place in a document: its path, its value (None if missing) and the expected type."""

    path: KeyPath
    value: Any
    expected: Any

    @property
    def family(self) -> type[Kind] | None:
        """The family whose kinds are expected here, or None."""
        return next((o for o in _options(self.expected) if _is_family(o)), None)

    @property
    def kind(self) -> Any:
        """The kind that is named here, if any."""
        return self.value.get("kind") if isinstance(self.value, dict) else self.value

    @property
    def table(self) -> type[BaseModel] | None:
        """The model of the table expected here; if several are, the one with most of the keys."""
        if self.family is not None:
            return self.family.named(self.kind)
        models = [o for o in _options(self.expected) if _is_model(o)]
        keys = self.value.keys() if isinstance(self.value, dict) else set()
        return max(models, key=lambda m: len(keys & fields_of(m).keys()), default=None)

    def holds(self, name: str | int) -> bool:
        """Whether the value has this key or list position."""
        if isinstance(self.value, dict):
            return name in self.value
        if isinstance(self.value, list):
            return isinstance(name, int) and name < len(self.value)
        return False

    def step(self, name: str | int) -> Location:
        """The place at a key or list position of this one, which may be missing."""
        value = self.value[name] if self.holds(name) else None
        return Location((*self.path, name), value, self._expected_at(name))

    def _expected_at(self, name: str | int) -> Any:
        table = self.table
        if table is not None and isinstance(name, str):
            field = fields_of(table).get(name)
            return field.annotation if field is not None else None
        for option in _options(self.expected):
            origin, arguments = get_origin(option), get_args(option)
            if origin is dict:
                return arguments[1]
            if origin in (list, tuple) and isinstance(name, int):
                alike = origin is list or arguments[-1] is ...
                return arguments[0 if alike else min(name, len(arguments) - 1)]
        return None


def walk(schema: type[BaseModel], data: Any, location: KeyPath, missing: bool) -> list[Location]:
    """The places from the top of a document to the location of a pydantic error.

    The tags of unions, which pydantic puts between the keys, are left out. The last place of an
    error about a ``missing`` key has no value.
    """
    locations = [Location((), data, schema)]
    tagged = False
    for position, name in enumerate(location):
        here = locations[-1]
        if here.family is not None and not tagged:
            tagged = True
        elif here.holds(name) or (missing and position == len(location) - 1):
            locations.append(here.step(name))
            tagged = False
    return locations


def _options(expected: Any) -> Iterator[Any]:
    """The alternatives of a union, without annotations."""
    origin = get_origin(expected)
    if origin is Annotated:
        yield from _options(get_args(expected)[0])
    elif origin in (Union, types.UnionType):
        for option in get_args(expected):
            yield from _options(option)
    else:
        yield expected


def _is_model(option: Any) -> bool:
    return isinstance(option, type) and issubclass(option, BaseModel)


def _is_family(option: Any) -> bool:
    """Whether a type is the base class of a family, not one of its kinds."""
    return _is_model(option) and issubclass(option, Kind) and "family" in option.__dict__
