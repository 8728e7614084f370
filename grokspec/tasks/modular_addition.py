"""Addition modulo p: a table of p² sums, trained on a part (§3, §8.3; Power et al., 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.tasks._table import Table

if TYPE_CHECKING:
    import numpy as np


class ModularAddition(Table):
    """``c = (a + b) mod p``, one-hot over the p classes, for every pair of a and b.

    A seed divides the table of pairs at random into a part to train on and the rest to test on.
    An input is a and b, one-hot and one after the other (2p numbers), or the two whole numbers
    themselves (tokens). Other operations are those of `modular_arithmetic`.
    """

    kind: Literal["modular_addition"] = "modular_addition"
    modulus: Annotated[int, Field(ge=2, description="The modulus p.", examples=[23])]

    @property
    def elements(self) -> int:
        return self.modulus

    def table(self) -> np.ndarray:
        import numpy as np

        numbers = np.arange(self.modulus)
        return np.add.outer(numbers, numbers) % self.modulus
