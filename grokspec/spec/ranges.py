"""The values of an axis: a list, or a range that is linear, logarithmic or of powers of two."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema, model_validator

from grokspec.kinds import SpecModel, invalid

MOST_VALUES = 100_000
"""The most values that one range may have."""

Value = Annotated[Any, WithJsonSchema({"additionalProperties": True})]
"""Any TOML value; the field that it is for validates it."""

Listed = Annotated[
    Any,
    WithJsonSchema(
        {
            "properties": {
                "name": {"description": "What the value is called in results, figures and claims."}
            },
            "additionalProperties": True,
        }
    ),
]
"""A value in a list, which may have a name."""


@dataclass(frozen=True, slots=True)
class Named:
    """A value of an axis with a name; ``inner`` is the path to it in the table that names it."""

    name: Any
    value: Value
    inner: tuple[str, ...] = ()


Count = Annotated[int, Field(ge=2, le=MOST_VALUES, description="How many values, ends included.")]


def _two_ends(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] == ends[1]:
        raise invalid("the first value and the last must differ")
    return ends


Ends = Annotated[tuple[float, float], Field(strict=False), AfterValidator(_two_ends)]
Positive = Annotated[float, Field(gt=0)]
PositiveEnds = Annotated[tuple[Positive, Positive], Field(strict=False), AfterValidator(_two_ends)]


class Linear(SpecModel):
    """Evenly spaced values from one end to another, both included."""

    linear: Annotated[Ends, Field(description="The first value and the last.")]
    count: Count

    @property
    def values(self) -> list[float]:
        """The values, each the float nearest to the exact decimal."""
        first, last = (Fraction(repr(end)) for end in self.linear)
        step = (last - first) / (self.count - 1)
        return [_plain(float(first + i * step)) for i in range(self.count)]


class Logarithmic(SpecModel):
    """Values from one end to another, both included, whose logarithms are evenly spaced."""

    log: Annotated[PositiveEnds, Field(description="The first value and the last, both above 0.")]
    count: Count

    @property
    def values(self) -> list[float]:
        """The ends as given and, between them, values rounded to 12 digits.

        With rounding, decades are exact, and the values, which are part of a run's identity, do
        not depend on the last bit of a platform's logarithm.
        """
        first, last = (math.log10(end) for end in self.log)
        step = (last - first) / (self.count - 1)
        between = (float(f"{10 ** (first + i * step):.11e}") for i in range(1, self.count - 1))
        return [_plain(value) for value in (self.log[0], *between, self.log[1])]


Exponent = Annotated[int, Field(ge=-1022, le=1023)]


class PowersOfTwo(SpecModel):
    """Powers of two, exact: 2 to each whole exponent from one to another, both included."""

    log2: Annotated[
        Annotated[tuple[Exponent, Exponent], Field(strict=False)],
        Field(description="The first exponent and the last."),
    ]
    every: Annotated[int, Field(ge=1, description="Step from one exponent to the next.")] = 1

    @property
    def count(self) -> int:
        """How many values there are."""
        first, last = self.log2
        return len(range(first, last + 1, self.every))

    @property
    def values(self) -> list[float]:
        """The powers; whole ones as int."""
        first, last = self.log2
        return [_plain(math.ldexp(1.0, k)) for k in range(first, last + 1, self.every)]

    @model_validator(mode="after")
    def _ends_are_reached(self) -> PowersOfTwo:
        first, last = self.log2
        if first >= last:
            raise invalid("the first exponent must be below the last", "log2")
        if (last - first) % self.every:
            raise invalid(
                f"steps of {self.every} from {first} do not reach {last}, but both ends are part "
                "of a range; change one of the three",
                "every",
            )
        return self


def _form(value: Value) -> str:
    """The tag of the form that a value has. Tags contain a space, so they are never keys."""
    if isinstance(value, dict):
        return next((f"{key} range" for key in ("linear", "log", "log2") if key in value), "")
    if isinstance(value, Linear | Logarithmic | PowersOfTwo):
        return f"{next(iter(type(value).model_fields))} range"
    return "a list" if isinstance(value, list | tuple) else ""


Axis = Annotated[
    Annotated[list[Listed], Field(min_length=1), Tag("a list")]
    | Annotated[Linear, Tag("linear range")]
    | Annotated[Logarithmic, Tag("log range")]
    | Annotated[PowersOfTwo, Tag("log2 range")],
    Discriminator(
        _form,
        custom_error_type="invalid",
        custom_error_message="must be a list of values, { linear = [first, last], count = n }, "
        "{ log = [first, last], count = n } or { log2 = [first, last] }",
    ),
]


def length_of(axis: Axis) -> int:
    """How many values an axis has, without making them."""
    return len(axis) if isinstance(axis, list) else axis.count


def ends_of(axis: Axis) -> list[Value]:
    """The first and the last value of a range, or all values of a list."""
    if isinstance(axis, list):
        return axis
    if isinstance(axis, PowersOfTwo):
        return [axis.values[0], axis.values[-1]]
    return [_plain(end) for end in (axis.linear if isinstance(axis, Linear) else axis.log)]


def values_of(axis: Axis) -> list[Value]:
    """The values of an axis, in order."""
    return axis if isinstance(axis, list) else axis.values


def _plain(value: float) -> float:
    """Whole numbers as int, which integer fields require."""
    return int(value) if value.is_integer() else value
