"""Products of matrices that learn a matrix, for completion and sensing (Arora et al., 2019)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.models._matrix import SquareMatrix
from grokspec.rng import generator

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from torch import Tensor

    from grokspec.files.arrays import Shape


class MatrixFactorization(SquareMatrix):
    """``M = W_L … W_2 W_1``, a square matrix, of which an input asks for one number.

    For completion an input is two tokens, a row i and a column j counted from 0, and the output is
    ``M_ij``. For sensing it is a matrix A, its rows one after the other, and the output is
    ``Σ A_ij M_ij``. Weights are ``weight_1`` [out, in] and so on.
    """

    kind: Literal["matrix_factorization"] = "matrix_factorization"
    hidden: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        Field(
            strict=False,
            min_length=1,
            description="Widths between the factors, of which the least bounds the rank of M.",
            examples=[[10]],
        ),
    ]
    draws: Annotated[
        Literal["normal", "identity"],
        Field(
            description="Initial factors: N(0, 1/inputs), or ones on the diagonal and zeros "
            "elsewhere, which σ multiplies."
        ),
    ] = "normal"

    def weight_shapes(self, input_size: int, output_size: int) -> dict[str, Shape]:
        widths = pairwise((self.side, *self.hidden, self.side))
        return {f"weight_{n}": (out, into) for n, (into, out) in enumerate(widths, 1)}

    def draw_weights(self, input_size: int, output_size: int, seed: int) -> dict[str, np.ndarray]:
        import numpy as np

        shapes = self.weight_shapes(input_size, output_size)
        if self.draws == "identity":
            return {name: np.eye(shape[0], shape[1]) for name, shape in shapes.items()}
        source = generator(seed, "init")
        return {n: source.standard_normal(shape) / shape[1] ** 0.5 for n, shape in shapes.items()}

    def matrix(self, weights: Mapping[str, Tensor]) -> Tensor:
        product = weights["weight_1"]
        for layer in range(2, len(self.hidden) + 2):
            product = weights[f"weight_{layer}"] @ product
        return product
