"""Learning a linear teacher, by a linear student say (Levi et al., 2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.tasks._linear import LinearTarget

if TYPE_CHECKING:
    import numpy as np


class LinearTeacher(LinearTarget):
    """``y = T x`` with ``x ~ N(0, I)`` and, for each seed, ``T_ij ~ N(0, 1/(2 inputs outputs))``.

    So |T|² is ½ on average, as in Levi et al. (2023). The teacher holds T as ``weight``
    [output, input], before the label scale. The baseline is ``|T|²/outputs``, exactly.
    """

    kind: Literal["linear_teacher"] = "linear_teacher"
    outputs: Annotated[int, Field(ge=1, description="Outputs of the teacher.")] = 1

    @property
    def output_size(self) -> int:
        return self.outputs

    def weight(self, source: np.random.Generator) -> np.ndarray:
        shape = self.outputs, self.inputs
        return source.standard_normal(shape) / (2 * self.inputs * self.outputs) ** 0.5
