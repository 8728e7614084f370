"""Kinds: the parts of an experiment that a spec names by ``kind`` (tasks, models, optimizers, …).

A subclass is registered by being defined: a family is a direct subclass of `Kind` with a name
(``class Task(Kind, family="task")``), and every subclass of the family whose ``kind`` is a literal
is one of its alternatives. A kind is a frozen pydantic model; its fields are the keys of its table
in a spec. Modules of kinds do not import torch; the methods that compute do. They are imported when
a spec names their kind, see `Alternatives`, and what checks a kind is built when it is first used.

Every spec knows these kinds. Those of a Python file that a spec names in ``parts`` are known only
while such a spec is read: they are defined within `defined_apart`, and known within `known_too`.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from grokspec.alternatives import Alternatives
from grokspec.errors import GrokspecError

FAMILIES = (
    "tasks", "models", "losses", "optimizers", "wrappers", "schedules", "interventions", "engines",
    "probes", "figures",
)  # fmt: skip
"""The subpackages of grokspec's own kinds; in each, ``base`` defines the family."""

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
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        defer_build=True,
    )

    semantics: ClassVar[int] = 1
    """Increased when the same description gets another meaning; part of a run's identity."""


IN_FULL = {"in full": True}
"""The context in which all parts are written as tables, also those whose name would do."""


LARGEST_NUMBER = 10**9
"""The largest whole number that a kind takes, far more than a machine has room for."""


T = TypeVar("T", bound=BaseModel)

TABLES = (BaseModel, dict)
"""The types of what a description holds as a table."""

PLAIN = frozenset({type(None), bool, int, float, str, tuple})
"""The types of most of what is none: to tell by these is fast, and a spec has thousands of runs."""

Known = Mapping[str, Mapping[str, Any]]
"""Kinds by the name of their family and their own; and measures, as a family "measure"."""

_apart: ContextVar[bool] = ContextVar("apart", default=False)
_known_too: ContextVar[Known] = ContextVar("known_too", default=MappingProxyType({}))


class Kind(SpecModel):
    """A part that a spec chooses by ``kind``; see the module's docstring."""

    family: ClassVar[str] = ""
    alternatives: ClassVar[Alternatives] = Alternatives("")
    origin: ClassVar[Callable[[], type[Any]] | None] = None
    """What gives a kind that was defined apart to another process; it can be pickled."""

    only_at_start: ClassVar[frozenset[str]] = frozenset()
    """The stackable fields that decide where training starts and nothing after that."""

    kind: str

    @property
    def depends_on_length(self) -> bool:
        """Whether what it does at a step depends on how many steps there will be."""
        return False

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
            cls.family, cls.alternatives = family, Alternatives(cls.__module__)
            return
        for name in cls.names():
            if missing := sorted(cls.__abstractmethods__):
                where = "" if _apart.get() else f" in {cls.__module__}"
                raise GrokspecError(
                    f"{cls.family} kind {name!r}{where} has no {', '.join(missing)}, "
                    f"which every {cls.family} needs (see the base class); define them"
                )
            if not _apart.get():
                cls.alternatives.add(name, cls)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """What specs call it; none for a base class."""
        return get_args(cls.model_fields["kind"].annotation)

    @classmethod
    def known(cls) -> dict[str, type[Kind]]:
        """The kinds of this family that the spec which is being read may choose, by name."""
        return {**cls.alternatives, **known_apart(cls.family)}

    @classmethod
    def named(cls, name: Any) -> type[Kind] | None:
        """The kind of that name, as in `known`; None if there is none."""
        if not isinstance(name, str):
            return None
        found: type[Kind] | None = known_apart(cls.family).get(name) or cls.alternatives.get(name)
        return found

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if not cls.__dict__.get("family"):
            return handler(source)
        return core_schema.no_info_plain_validator_function(
            cls._chosen, serialization=core_schema.simple_ser_schema("any")
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        if not cls.__dict__.get("family"):
            return handler(schema)
        return handler(_choice(tuple(cls.alternatives.items())).core_schema)

    @classmethod
    def _chosen(cls, value: Any) -> Any:
        """The part that a value describes, of one of the kinds that are known now."""
        name = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
        kind = cls.named(name)
        if kind is None:
            return _choice(tuple(cls.known().items())).validate_python(value)
        if type(value) is kind:
            return value
        try:
            return kind.model_validate(value)
        except ValidationError:  # again, as errors then say that a choice led to them
            return _choice(((name, kind),)).validate_python(value)

    def __reduce_ex__(self, protocol: Any) -> Any:
        if (origin := vars(type(self)).get("origin")) is None:
            return super().__reduce_ex__(protocol)
        return _new, (origin,), self.__getstate__()

    @classmethod
    def stackable_fields(cls) -> tuple[str, ...]:
        """The names of the fields that may differ between the runs of a stack."""
        return tuple(
            name
            for name, field in cls.model_fields.items()
            if any(isinstance(m, Stackable) for m in field.metadata)
        )


@dataclass(frozen=True)
class _Choices:
    """A value that is of one of some kinds, by their names; an annotation for pydantic."""

    kinds: tuple[tuple[str, type[Kind]], ...]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """What chooses a class by ``kind``; a part is written out as its own class does it."""
        return core_schema.tagged_union_schema(
            {name: handler.generate_schema(kind) for name, kind in self.kinds},
            discriminator="kind",
            serialization=core_schema.simple_ser_schema("any"),
        )


@functools.lru_cache(maxsize=32)
def _choice(kinds: tuple[tuple[str, type[Kind]], ...]) -> TypeAdapter[Any]:
    return TypeAdapter(Annotated[Any, _Choices(kinds)])


def _new(origin: Callable[[], type[Kind]]) -> Kind:
    """A part without fields, for unpickling."""
    kind = origin()
    return kind.__new__(kind)


@contextlib.contextmanager
def defined_apart() -> Iterator[None]:
    """Kinds that are defined within the block are known to no spec by that."""
    before = _apart.set(True)
    try:
        yield
    finally:
        _apart.reset(before)


def is_defined_apart() -> bool:
    """Whether what is defined now is not to be known everywhere."""
    return _apart.get()


@contextlib.contextmanager
def known_too(found: Known) -> Iterator[None]:
    """Within the block, specs may choose these, too."""
    before = _known_too.set(found)
    try:
        yield
    finally:
        _known_too.reset(before)


def known_apart(family: str) -> Mapping[str, Any]:
    """What specs may choose now that was defined apart, by name."""
    return _known_too.get().get(family, {})


def kinds_in(table: BaseModel) -> Iterator[tuple[str, Kind]]:
    """The parts of a description and the parts in them, each with its path."""
    return values_in(table, Kind)


def values_in(table: BaseModel, wanted: type[T], path: str = "") -> Iterator[tuple[str, T]]:
    """The tables of a type in a description, each with its dotted path.

    Those in lists have no path, and are left out.
    """
    for name, value in vars(table).items():
        if type(value) not in PLAIN and isinstance(value, TABLES):
            yield from _values_at(value, wanted, f"{path}{_key_of(type(table), name)}")


@functools.lru_cache(maxsize=4096)
def _key_of(table: type[BaseModel], name: str) -> str:
    """The key of a field in a document."""
    return table.model_fields[name].alias or name


def _values_at(value: Any, wanted: type[T], path: str) -> Iterator[tuple[str, T]]:
    if isinstance(value, wanted):
        yield path, value
    if isinstance(value, BaseModel):
        yield from values_in(value, wanted, f"{path}.")
    else:
        for key, inner in value.items():
            if type(inner) not in PLAIN and isinstance(inner, TABLES):
                yield from _values_at(inner, wanted, f"{path}.{key}")


def orders_in(table: BaseModel) -> Iterator[tuple[str, list[str]]]:
    """The order of parts that have names of the user's, by the path of their table.

    Tables of fewer than two are left out. A hash of sorted keys does not see the order.
    """
    by_table: dict[str, list[str]] = {}
    for path, _ in kinds_in(table):
        parent, _, name = path.rpartition(".")
        holder: Any = table
        for step in filter(None, parent.split(".")):
            holder = holder[step] if isinstance(holder, dict) else getattr(holder, step)
        if isinstance(holder, dict):
            by_table.setdefault(parent, []).append(name)
    return ((path, names) for path, names in by_table.items() if len(names) > 1)


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
    """Let every family know its kinds: grokspec's own by their names, those of plugins as loaded.

    To import one of grokspec's own, ask for it by name in the `alternatives` of its family.
    """
    for package in FAMILIES:
        importlib.import_module(f"grokspec.{package}.base")
    for plugin in entry_points(group=PLUGINS):
        try:
            plugin.load()
        except Exception as error:
            raise GrokspecError(
                f"plugin {plugin.name!r} ({plugin.value}) could not be loaded: "
                f"{type(error).__name__}: {error}; fix it or uninstall it"
            ) from error


__all__ = ["Field", "Kind", "PerRun", "SpecModel", "Stackable", "discover", "invalid"]
