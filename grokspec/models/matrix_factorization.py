"""Products of matrices that learn a matrix, for completion and sensing (Arora et al., 2019)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from grokspec.models.base import Model, Size
from grokspec.rng import generator

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from torch import Tensor

    from grokspec.files.arrays import Shape
    from grokspec.tasks.base import Task


class MatrixFactorization(Model):
    """``M = W_L … W_2 W_1``, a square matrix, of which an input asks for one number.

    For completion an input is two tokens, a row i and a column j counted from 0, and the output is
    ``M_ij``. For sensing it is a matrix A, its rows one after the other, and the output is
    ``Σ A_ij M_ij``. Weights are ``weight_1`` [out, in] and so on.
    """

    kind: Literal["matrix_factorization"] = "matrix_factorization"
    side: Annotated[int, Field(ge=1, description="Rows and columns of M.", examples=[10])]
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

    has_one_output = True
    takes_tokens: ClassVar[bool] = True
    remedy_for_vocabulary: ClassVar[str] = "let model.side be how many rows and columns there are"

    def incompatibility(self, task: Task) -> str | None:
        if reason := super().incompatibility(task):
            return reason
        if task.has_tokens and task.input_size != 2:
            return (
                "an input of tokens must have two, a row and a column; those of the task have "
                f"{task.input_size:,}"
            )
        if not task.has_tokens and task.input_size != self.side**2:
            return (
                f"an input of real numbers must be a matrix of side² = {self.side**2:,}; those of "
                f"the task have {task.input_size:,}; change side, or let inputs be tokens"
            )
        return None

    def vocabulary(self, task: Task) -> int:
        return self.side

    def size(self, input_size: int, output_size: int) -> Size:
        """Activations are the products of the first factors, which all examples share."""
        shapes = self.weight_shapes(input_size, output_size)
        return Size(weights=sum(math.prod(shape) for shape in shapes.values()), activations=1)

    def step_flops(self, examples: int, input_size: int, output_size: int) -> float:
        """Three passes through the product of the factors, and two through sensing matrices."""
        products = self.size(input_size, output_size).weights * self.side
        sensing = examples * self.side**2 if input_size == self.side**2 else 0
        return 6.0 * products + 4.0 * sensing

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

    def output(
        self, weights: dict[str, Tensor], inputs: Tensor, scalars: Mapping[str, Tensor]
    ) -> Tensor:
        product = weights["weight_1"]
        for layer in range(2, len(self.hidden) + 2):
            product = weights[f"weight_{layer}"] @ product
        if inputs.is_floating_point():
            return inputs @ product.flatten()[:, None]
        row, column = inputs.unbind(-1)
        return product[row, column][:, None]
