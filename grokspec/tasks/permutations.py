"""Composition of permutations: the multiplication table of Sₙ (Power et al., 2022)."""

from __future__ import annotations

import itertools
from math import factorial
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.tasks._table import Table

if TYPE_CHECKING:
    import numpy as np


class Permutations(Table):
    """``c = a b`` for every pair of permutations of n points, one-hot over all n! of them.

    The product applies the right factor first, ``(a b)(i) = a(b(i))``. Permutations are numbered
    from 0 in lexicographic order; 0 is the identity. Inputs, and how a seed divides the pairs, are
    those of `modular_addition`. The operations are those of Power et al. (2022), on S₅.
    """

    kind: Literal["permutations"] = "permutations"
    points: Annotated[
        int,
        Field(
            ge=2,
            le=6,
            description="How many points n are permuted; S₅ has 120 permutations.",
            examples=[4],
        ),
    ]
    operation: Annotated[
        Literal["a b", "a b a^-1", "a b a"],
        Field(description="The product of a and b, the conjugate of b by a, or a b a."),
    ] = "a b"

    @property
    def elements(self) -> int:
        return factorial(self.points)

    def table(self) -> np.ndarray:
        import numpy as np

        product = self._products()
        if self.operation == "a b":
            return product
        first = np.arange(self.elements)[:, None]
        if self.operation == "a b a":
            return product[product, first]
        inverse = product.argmin(1)[:, None]  # where the product is 0, the identity
        return product[product, inverse]

    def _products(self) -> np.ndarray:
        """The number of a b for each [a, b]."""
        import numpy as np

        points = self.points
        images = np.array(list(itertools.permutations(range(points))))
        composed = images[:, images]  # a(b(i)) at [a, b, i]
        place = points ** np.arange(points)[::-1]  # read as digits, they are in order
        return np.searchsorted(images @ place, composed @ place)
