"""Sparse parity: whether an even number of some signs are negative (§9; Barak et al., 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from grokspec.kinds import invalid
from grokspec.rng import generator
from grokspec.tasks.base import Data, Task

if TYPE_CHECKING:
    import numpy as np


class SparseParity(Task):
    """``y = Π_{i∈S} sign(x_i)`` with x uniform in {−1, 1}ᴰ/√D and, for each seed, a random S.

    Inputs are divided by √D so that |x|² = 1, about as on Gaussian tasks. The teacher holds
    ``subset``, the sorted positions S.
    """

    kind: Literal["sparse_parity"] = "sparse_parity"
    inputs: Annotated[int, Field(ge=1, description="Input dimension D.", examples=[40])]
    train: Annotated[int, Field(ge=1, description="Training examples P.", examples=[220])]
    test: Annotated[int, Field(ge=1, description="Test examples.")] = 1_000
    degree: Annotated[
        int, Field(ge=1, description="How many signs k count; at most D.", examples=[2])
    ] = 2

    samples_test_set = True

    @model_validator(mode="after")
    def _inputs_suffice(self) -> SparseParity:
        if self.degree > self.inputs:
            raise invalid(f"is more than the {self.inputs} inputs", "degree")
        return self

    @property
    def input_size(self) -> int:
        return self.inputs

    @property
    def output_size(self) -> int:
        return 1

    @property
    def sizes(self) -> tuple[int, int]:
        return self.train, self.test

    def draw(self, seed: int) -> Data:
        import numpy as np

        subset = generator(seed, "teacher").choice(self.inputs, self.degree, replace=False)
        train = self._signs(generator(seed, "train"), self.train)
        test = self._signs(generator(seed, "test"), self.test)
        return Data(
            train_inputs=train / self.inputs**0.5,
            train_targets=self.label_scale * train[:, subset].prod(1, keepdims=True),
            test_inputs=test / self.inputs**0.5,
            test_targets=self.label_scale * test[:, subset].prod(1, keepdims=True),
            baseline=self.label_scale**2,
            teacher={"subset": np.sort(subset)},
        )

    def _signs(self, draw: np.random.Generator, examples: int) -> np.ndarray:
        return 2.0 * draw.integers(0, 2, (examples, self.inputs)) - 1
