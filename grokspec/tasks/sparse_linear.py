"""Linear regression on a few of many inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from grokspec.kinds import invalid
from grokspec.tasks._linear import LinearTarget

if TYPE_CHECKING:
    import numpy as np


class SparseLinear(LinearTarget):
    """``y = w·x`` with ``x ~ N(0, I)`` and, for each seed, k random entries of w that are ±1/√k.

    The other entries are zero, so |w|² and the baseline are 1, exactly. Networks whose implicit
    bias is a small L1 norm, such as a diagonal linear one, find w from few examples. The teacher
    holds w as ``weight`` [1, input], before the label scale.
    """

    kind: Literal["sparse_linear"] = "sparse_linear"
    nonzero: Annotated[
        int, Field(ge=1, description="How many inputs k count; at most D.", examples=[3])
    ]

    @model_validator(mode="after")
    def _inputs_suffice(self) -> SparseLinear:
        if self.nonzero > self.inputs:
            raise invalid(f"is more than the {self.inputs} inputs", "nonzero")
        return self

    @property
    def output_size(self) -> int:
        return 1

    def weight(self, source: np.random.Generator) -> np.ndarray:
        import numpy as np

        weight = np.zeros((1, self.inputs))
        places = source.choice(self.inputs, self.nonzero, replace=False)
        weight[0, places] = (2 * source.integers(0, 2, self.nonzero) - 1) / self.nonzero**0.5
        return weight
