"""Any binary operation modulo p, as a formula in a and b (Power et al., 2022)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator, model_validator

from grokspec.kinds import invalid
from grokspec.tasks._formula import FormulaError, divides, evaluated, parsed
from grokspec.tasks._table import UNDEFINED, Table

if TYPE_CHECKING:
    import numpy as np


class ModularArithmetic(Table):
    """``c = f(a, b) mod p``, one-hot over the p classes, for every pair for which f is defined.

    The formula f has a, b, whole numbers, ``+ - * / ** %``, comparisons, parentheses and
    ``x if … else y``, as Python writes them. It is computed modulo p, operation by operation, so
    that ``%`` and comparisons see numbers from 0 to p − 1. Division needs a prime modulus; pairs
    that divide by 0 are left out of the table. The operations of Power et al. (2022), modulo 97:

    - ``a + b``, ``a - b``, ``a / b``, ``a / b if b % 2 else a - b``,
    - ``a**2 + b**2``, ``a**2 + a*b + b**2``, ``a**2 + a*b + b**2 + a``,
    - ``a**3 + a*b``, ``a**3 + a*b**2 + b``.

    Inputs, and how a seed divides the pairs, are those of `modular_addition`.
    """

    kind: Literal["modular_arithmetic"] = "modular_arithmetic"
    modulus: Annotated[int, Field(ge=2, le=1_000, description="The modulus p.", examples=[23])]
    operation: Annotated[
        str,
        Field(description="The formula in a and b.", examples=["a**2 + a*b + b**2"]),
    ]

    @field_validator("operation")
    @classmethod
    def _formula_is_allowed(cls, operation: str) -> str:
        try:
            parsed(operation)
        except FormulaError as error:
            raise invalid(str(error)) from None
        return operation

    @model_validator(mode="after")
    def _division_has_inverses(self) -> ModularArithmetic:
        if divides(parsed(self.operation)) and not _is_prime(self.modulus):
            raise invalid(
                f"the operation divides, and modulo {self.modulus} not every number has an "
                f"inverse; choose a prime, such as {_prime_below(self.modulus)}",
                "modulus",
            )
        return self

    @property
    def elements(self) -> int:
        return self.modulus

    @property
    def pairs(self) -> int:
        if not divides(parsed(self.operation)):
            return self.elements**2
        return int((self.table() != UNDEFINED).sum())

    def table(self) -> np.ndarray:
        return _table(self.operation, self.modulus)


@functools.lru_cache(maxsize=16)  # the points of a sweep ask the same
def _table(operation: str, modulus: int) -> np.ndarray:
    import numpy as np

    number, defined = evaluated(parsed(operation), modulus)
    table = np.where(defined, number, UNDEFINED)
    table.flags.writeable = False
    return table


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % d for d in range(2, int(number**0.5) + 1))


def _prime_below(number: int) -> int:
    return next(smaller for smaller in range(number - 1, 1, -1) if _is_prime(smaller))
