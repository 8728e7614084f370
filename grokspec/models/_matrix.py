"""Models that learn a square matrix: what an input asks of it, for completion and sensing."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from grokspec.models.base import Model, Size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from grokspec.tasks.base import Task


class SquareMatrix(Model):
    """The base of models whose function is a square matrix M.

    For completion an input is two tokens, a row i and a column j counted from 0, and the output is
    ``M_ij``. For sensing it is a matrix A, its rows one after the other, and the output is
    ``Σ A_ij M_ij``.
    """

    side: Annotated[int, Field(ge=1, description="Rows and columns of M.", examples=[10])]

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
        """Activations of an example are its output; the matrix is one for all examples."""
        shapes = self.weight_shapes(input_size, output_size)
        return Size(weights=sum(math.prod(shape) for shape in shapes.values()), activations=1)

    def step_flops(self, examples: int, input_size: int, output_size: int) -> float:
        """Three passes through the product of the factors, and two through sensing matrices."""
        products = self.size(input_size, output_size).weights * self.side
        sensing = examples * self.side**2 if input_size == self.side**2 else 0
        return 6.0 * products + 4.0 * sensing

    @abstractmethod
    def matrix(self, weights: Mapping[str, Tensor]) -> Tensor:
        """M of one run, [row, column]."""

    def output(
        self, weights: dict[str, Tensor], inputs: Tensor, scalars: Mapping[str, Tensor]
    ) -> Tensor:
        matrix = self.matrix(weights)
        if inputs.is_floating_point():
            return inputs @ matrix.flatten()[:, None]
        row, column = inputs.unbind(-1)
        return matrix[row, column][:, None]
