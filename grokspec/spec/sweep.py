"""The sweep language: which fields of an experiment vary, over what values, and together how.

A block multiplies its ``grid`` axes with each other, with its ``zip`` (whose axes step together)
and with the points of its ``concat`` blocks, which follow one another. A ``when`` then multiplies
the points that match its ``if`` by axes of its own. Seeds vary fastest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Discriminator, Field, Tag, field_validator

from grokspec.kinds import SpecModel, invalid
from grokspec.spec.ranges import Axis, Value, length_of

SEED = "seed"
"""The path of the field that seeds vary."""

Axes = Annotated[
    dict[str, Axis], Field(description="Values by the dotted path of the field that they are for.")
]


class Varied(SpecModel):
    """What every part of a sweep may hold."""

    grid: Axes = Field(
        default_factory=dict, description="Axes of which every combination is a point."
    )
    zip: Axes = Field(default_factory=dict, description="Equally long axes that step together.")

    @field_validator("zip")
    @classmethod
    def _equally_long(cls, axes: dict[str, Axis]) -> dict[str, Axis]:
        lengths = {path: length_of(axis) for path, axis in axes.items()}
        for path, length in lengths.items():
            first = next(iter(lengths))
            if length != lengths[first]:
                raise invalid(
                    f"axes that are zipped are equally long, but this one has {length} and "
                    f'"{first}" has {lengths[first]} values',
                    path,
                )
        return axes


class When(Varied):
    """Axes for only those points that match a condition."""

    condition: Annotated[
        dict[str, Value],
        Field(
            alias="if",
            min_length=1,
            description="A value, or a list of values, for each of some axes' paths.",
        ),
    ]

    def matches(self, values: Mapping[str, Value]) -> bool:
        """Whether a point has one of the values asked for on every path of the condition."""
        return all(
            path in values and any(same(values[path], asked) for asked in asked_of(wanted))
            for path, wanted in self.condition.items()
        )


class Block(Varied):
    """A sweep or a part of one."""

    concat: Annotated[
        tuple[Block, ...],
        Field(strict=False, description="Parts that follow one another."),
    ] = ()
    when: Annotated[
        tuple[When, ...],
        Field(strict=False, description="Axes for only those points that match a condition."),
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
    """The axes of a spec; without any, it is a single run."""

    seed: Annotated[
        Seeds | None,
        Field(description="A count (from 0), a list, or { count = n, from = first }."),
    ] = None

    @property
    def seeds(self) -> range | list[int]:
        """The seeds, none if they are not swept."""
        if isinstance(self.seed, SeedRange):
            return range(self.seed.first, self.seed.first + self.seed.count)
        return range(self.seed) if isinstance(self.seed, int) else self.seed or []


def asked_of(wanted: Value) -> list[Value]:
    """The values that a condition asks for on one path."""
    return wanted if isinstance(wanted, list) else [wanted]


def same(value: Value, other: Value) -> bool:
    """Whether two TOML values are equal: 1 and 1.0 are, 1 and true are not."""
    return isinstance(value, bool) == isinstance(other, bool) and bool(value == other)
