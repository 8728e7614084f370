"""Kinds: the parts of an experiment that a spec names by ``kind`` (tasks, models, optimizers, …).

A subclass is registered by being defined: a family is a direct subclass of `Kind` with a name
(``class Task(Kind, family="task")``), and every subclass of the family whose ``kind`` is a literal
is one of its alternatives. A kind is a frozen pydantic model; its fields are the keys of its table
in a spec. Modules of kinds do not import torch; the methods that compute do.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Annotated, Any, ClassVar, get_args

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from grokspec.errors import GrokspecError

FAMILIES = ("tasks", "models", "optimizers", "engines", "probes", "figures")
"""The subpackages of grokspec's own kinds, one kind a file or folder; modules that start with an
underscore have none."""

PLUGINS = "grokspec.plugins"
"""The entry-point group of modules with kinds from outside grokspec."""


@dataclass(frozen=True)
class Stackable:
    """Marks a field that may differ between the runs of a stack: a number, never a shape."""


PerRun = Annotated[float, Stackable()]
"""A number that may differ between the runs of a stack."""


class SpecModel(BaseModel):
    """A frozen part of a spec that refuses unknown keys, other types, NaN and infinity."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True
    )

    semantics: ClassVar[int] = 1
    """Increased when the same description gets another meaning; part of a run's identity."""


LARGEST_NUMBER = 10**9
"""The largest whole number that a kind takes, far more than a machine has room for."""


class Kind(SpecModel):
    """A part that a spec chooses by ``kind``; see the module's docstring."""

    family: ClassVar[str] = ""
    alternatives: ClassVar[dict[str, type[Kind]]] = {}
    definitions: ClassVar[int] = 0
    """How many alternatives of all families were defined so far; see `take_new_kinds`."""

    kind: str

    @model_validator(mode="after")
    def _numbers_are_sensible(self) -> Kind:
        for name, value in self.__dict__.items():
            for number in value if isinstance(value, tuple) else (value,):
                if type(number) is int and number > LARGEST_NUMBER:
                    raise invalid(f"must be at most {LARGEST_NUMBER:,}", name)
        return self

    def __init_subclass__(cls, family: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)  # pydantic calls the hook below once fields are known

    @classmethod
    def __pydantic_init_subclass__(cls, family: str | None = None, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if family is not None:
            cls.family, cls.alternatives = family, {}
            return
        for name in get_args(cls.model_fields["kind"].annotation):
            if missing := sorted(cls.__abstractmethods__):
                raise GrokspecError(
                    f"{cls.family} kind {name!r} in {cls.__module__} has no {', '.join(missing)}, "
                    f"which every {cls.family} needs (see the base class); define them"
                )
            known = cls.alternatives.get(name)
            if known is not None and known.__module__ != cls.__module__:
                raise GrokspecError(
                    f"{cls.family} kind {name!r} is defined twice: in {known.__module__} and in "
                    f"{cls.__module__}; give one of them another name"
                )
            cls.alternatives[name] = cls
            Kind.definitions += 1

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if not cls.__dict__.get("family"):
            return handler(source)
        discover()
        choices = {name: handler.generate_schema(c) for name, c in cls.alternatives.items()}
        return core_schema.tagged_union_schema(choices, discriminator="kind")

    @classmethod
    def stackable_fields(cls) -> tuple[str, ...]:
        """The names of the fields that may differ between the runs of a stack."""
        return tuple(
            name
            for name, field in cls.model_fields.items()
            if any(isinstance(m, Stackable) for m in field.metadata)
        )


def homes_of_kinds() -> set[str]:
    """The top-level packages, or modules, that define kinds which every spec may choose."""
    discover()
    kinds = (kind for family in Kind.__subclasses__() for kind in family.alternatives.values())
    return {kind.__module__.partition(".")[0] for kind in kinds}


def invalid(message: str, *at: str | int) -> PydanticCustomError:
    """The error for a validator to raise; ``at`` is the path to the wrong value in its table."""
    return PydanticCustomError("invalid", "{message}", {"message": message, "at": at})


@functools.cache
def discover() -> None:
    """Import every module that defines kinds: grokspec's own and those of installed plugins."""
    for package in FAMILIES:
        for module in _modules(f"grokspec.{package}"):
            importlib.import_module(module)
    for plugin in entry_points(group=PLUGINS):
        try:
            plugin.load()
        except Exception as error:
            raise GrokspecError(
                f"plugin {plugin.name!r} ({plugin.value}) could not be loaded: "
                f"{type(error).__name__}: {error}; fix it or uninstall it"
            ) from error


def _modules(package: str) -> Iterator[str]:
    path = importlib.import_module(package).__path__
    names = (module.name for module in pkgutil.iter_modules(path))
    return (f"{package}.{name}" for name in names if not name.startswith("_"))


__all__ = ["Field", "Kind", "PerRun", "SpecModel", "Stackable", "discover", "invalid"]
