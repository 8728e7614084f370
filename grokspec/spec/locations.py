"""Finding one's way in the schema: what is expected at each place of a document."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from grokspec.kinds import Kind
from grokspec.spec.source import KeyPath


@dataclass(frozen=True)
class Location:
    """A place of a document: the path to it, what stands there, and the type expected there."""

    path: KeyPath
    value: Any
    expected: Any

    @property
    def family(self) -> type[Kind] | None:
        """The family of kinds of which one is expected here, if it is one."""
        return next((o for o in _options(self.expected) if _is_family(o)), None)

    @property
    def kind(self) -> Any:
        """The kind that is named here, if one is."""
        return self.value.get("kind") if isinstance(self.value, dict) else self.value

    @property
    def table(self) -> type[BaseModel] | None:
        """The model of the table expected here; of several, the one that the keys fit best."""
        if self.family is not None:
            kind = self.kind
            return self.family.alternatives.get(kind) if isinstance(kind, str) else None
        models = [o for o in _options(self.expected) if _is_model(o)]
        keys = self.value.keys() if isinstance(self.value, dict) else set()
        return max(models, key=lambda m: len(keys & fields_of(m).keys()), default=None)

    def holds(self, name: str | int) -> bool:
        """Whether there is such a key or list position here."""
        if isinstance(self.value, dict):
            return name in self.value
        if isinstance(self.value, list):
            return isinstance(name, int) and name < len(self.value)
        return False

    def step(self, name: str | int) -> Location:
        """The place one key or list position further, which may hold nothing."""
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
    """The places from the top of a document to where pydantic locates an error in it.

    What pydantic puts between the keys, the tags of unions, is left out. An error about a
    ``missing`` key ends at a place that holds nothing.
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


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a table by the keys that a document uses for them."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _options(expected: Any) -> Iterator[Any]:
    """The alternatives of a union, without what they are annotated with."""
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
    """Whether a type is the base of a family rather than one of its kinds."""
    return _is_model(option) and issubclass(option, Kind) and "family" in option.__dict__
