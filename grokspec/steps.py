"""Which steps are recorded: evenly spaced on a logarithmic or a linear axis, or listed."""

from __future__ import annotations

import functools
from typing import Annotated, Any

from pydantic import Field, model_serializer, model_validator

from grokspec.kinds import LARGEST_NUMBER, SpecModel, invalid

MOST = 10_000
"""How many steps a run may record between the first and the last."""

LATEST = 10**12
"""The last step that a run may have."""

Between = Annotated[int, Field(ge=0, le=MOST)]


class Steps(SpecModel):
    """Steps of a training, in one of four ways; the first, 0, and the last are always among them.

    A list of numbers says the same as ``at``.
    """

    log: Annotated[
        Between | None,
        Field(
            description="How many between the first step (0) and the last, evenly spaced on a "
            "logarithmic axis."
        ),
    ] = None
    linear: Annotated[
        Between | None,
        Field(description="How many between the first and the last, evenly spaced."),
    ] = None
    every: Annotated[
        int | None,
        Field(ge=1, le=LARGEST_NUMBER, description="How many steps from one to the next."),
    ] = None
    at: Annotated[
        tuple[Annotated[int, Field(ge=0, le=LATEST)], ...] | None,
        Field(strict=False, min_length=1, max_length=MOST, description="The steps one by one."),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return {"at": value} if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Steps:
        given = self._given
        if len(given) != 1:
            names = ", ".join(type(self).model_fields)
            found = " and ".join(given) or "none"
            raise invalid(f"has {found}; give one of {names}")
        return self

    @model_serializer
    def _written(self) -> dict[str, Any]:
        return {name: list(v) if isinstance(v, tuple) else v for name, v in self._given.items()}

    @property
    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}

    def count(self, last: int) -> int:
        """About how many there are in a training of so many steps."""
        if self.every is not None:
            return last // self.every
        return len(self.at) if self.at is not None else (self.log or self.linear or 0)

    def up_to(self, last: int) -> tuple[int, ...]:
        """The steps of a training that ends with a ``last`` one."""
        return _up_to(self, last)

    def _inner(self, last: int) -> set[int]:
        if self.at is not None:
            return {step for step in self.at if step <= last}
        if self.every is not None:
            return set(range(0, last, self.every))
        if self.linear is not None:
            return {round(last * i / (self.linear + 1)) for i in range(self.linear + 1)}
        assert self.log is not None, "one of them is given"
        return {round(last ** (i / (self.log + 1))) for i in range(self.log + 1)}


@functools.lru_cache(maxsize=256)
def _up_to(steps: Steps, last: int) -> tuple[int, ...]:
    return tuple(sorted({0, last} | steps._inner(last)))
