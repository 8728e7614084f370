"""The sweep language: which fields of an experiment vary, over which values, and how together.

The points of a block are all combinations of its ``grid`` axes, the rows of its ``zip`` (whose axes
step together) and the points of its ``concat`` blocks, one block after another. A ``when`` then
varies its own axes at the points that match its ``if``. Seeds vary fastest.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import cached_property
from typing import Annotated

from pydantic import Discriminator, Field, Tag, field_validator

from grokspec.kinds import SpecModel, invalid
from grokspec.spec.ranges import Axis, Value, length_of

SEED = "seed"
"""The path of the field that holds the seed."""

Axes = Annotated[dict[str, Axis], Field(description="Values by the dotted path of their field.")]


class ValueSet:
    """TOML values, to find one among many; 1 and 1.0 are the same, 1 and true are not."""

    def __init__(self, values: Iterable[Value]) -> None:
        self._simple: set[tuple[bool, Value]] = set()
        self._others: list[Value] = []  # lists and tables, which have no hash
        for value in values:
            if isinstance(value, Hashable):
                self._simple.add((isinstance(value, bool), value))
            else:
                self._others.append(value)

    def __contains__(self, value: Value) -> bool:
        if isinstance(value, Hashable):
            return (isinstance(value, bool), value) in self._simple
        return value in self._others


class Varied(SpecModel):
    """Axes, which any part of a sweep may have."""

    grid: Axes = Field(default_factory=dict, description="Axes whose combinations are all points.")
    zip: Axes = Field(default_factory=dict, description="Equally long axes that step together.")

    @field_validator("zip")
    @classmethod
    def _equally_long(cls, axes: dict[str, Axis]) -> dict[str, Axis]:
        lengths = {path: length_of(axis) for path, axis in axes.items()}
        for path, length in lengths.items():
            first = next(iter(lengths))
            if length != lengths[first]:
                raise invalid(
                    f"zipped axes must be equally long, but this one has {length} and "
                    f'"{first}" has {lengths[first]} values; make them equal',
                    path,
                )
        return axes


class When(Varied):
    """Axes that vary only at the points that match a condition."""

    condition: Annotated[
        dict[str, Value],
        Field(
            alias="if",
            min_length=1,
            description="Paths of other axes, each with the value or list of values that matches.",
        ),
    ]

    @cached_property
    def wanted(self) -> dict[str, ValueSet]:
        """The values that match, for each path of the condition."""
        return {path: ValueSet(as_list(wanted)) for path, wanted in self.condition.items()}


class Block(Varied):
    """A sweep or a part of one."""

    concat: Annotated[
        tuple[Block, ...],
        Field(strict=False, description="Parts whose points follow one another."),
    ] = ()
    when: Annotated[
        tuple[When, ...],
        Field(
            strict=False, description="Axes that vary only at the points that match a condition."
        ),
    ] = ()


class SeedRange(SpecModel):
    """Consecutive seeds."""

    count: Annotated[int, Field(ge=1, description="How many seeds.")]
    first: Annotated[int, Field(ge=0, alias="from", description="The first of them.")] = 0


def _seed_form(value: Value) -> str:
    if isinstance(value, dict | SeedRange):
        return "a range"
    if isinstance(value, list | tuple):
        return "a list"
    return "a count" if isinstance(value, int) else ""


Seeds = Annotated[
    Annotated[int, Field(ge=1), Tag("a count")]
    | Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1), Tag("a list")]
    | Annotated[SeedRange, Tag("a range")],
    Discriminator(
        _seed_form,
        custom_error_type="invalid",
        custom_error_message="must be a count, a list of whole numbers, or "
        "{ count = n, from = first }",
    ),
]


class Sweep(Block):
    """The axes of a spec; without any, it is a single run.

    In a list, a value can have a name, by which it is then selected: ``{ name = "steady", kind =
    "momentum", … }``, or ``{ name = "few", value = ["loss"] }`` for what is no table.
    """

    seed: Annotated[
        Seeds | None,
        Field(description="A count (from 0), a list, or { count = n, from = first }."),
    ] = None

    @property
    def seeds(self) -> range | list[int]:
        """All seeds; empty if seeds are not swept."""
        if isinstance(self.seed, SeedRange):
            return range(self.seed.first, self.seed.first + self.seed.count)
        return range(self.seed) if isinstance(self.seed, int) else self.seed or []


def as_list(wanted: Value) -> list[Value]:
    """The values of a condition, which may be one or a list."""
    return wanted if isinstance(wanted, list) else [wanted]
