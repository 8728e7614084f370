"""Sparse parity: whether an even number of some signs are negative (§9; Barak et al., 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from grokspec.kinds import invalid
from grokspec.rng import generator
from grokspec.tasks._binary import Binary
from grokspec.tasks.base import Data

if TYPE_CHECKING:
    import numpy as np


class SparseParity(Binary):
    """``y = Π_{i∈S} sign(x_i)`` with x uniform in {−1, 1}ᴰ/√D and, for each seed, a random S.

    The other D − k inputs are distractors. Inputs are divided by √D so that |x|² = 1, about as on
    Gaussian tasks; with ``unit_length = false`` they are −1 and 1, as in Barak et al. (2022) and
    Merrill et al. (2023). The teacher holds ``subset``, the sorted positions S.
    """

    kind: Literal["sparse_parity"] = "sparse_parity"
    inputs: Annotated[int, Field(ge=1, description="Input dimension D.", examples=[40])]
    train: Annotated[int, Field(ge=1, description="Training examples P.", examples=[220])]
    test: Annotated[int, Field(ge=1, description="Test examples.")] = 1_000
    degree: Annotated[
        int, Field(ge=1, description="How many signs k count; at most D.", examples=[2])
    ] = 2
    subset: Annotated[
        Literal["random", "first"],
        Field(description="Which signs count: k that each seed draws, or the first k."),
    ] = "random"
    unit_length: Annotated[
        bool, Field(description="Divide inputs by √D; if not, they are −1 and 1.")
    ] = True

    online = True
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
    def sizes(self) -> tuple[int, int]:
        return self.train, self.test

    def draw(self, seed: int) -> Data:
        import numpy as np

        subset = np.sort(self._subset(generator(seed, "teacher")))
        train_inputs, train_targets = self._examples(self.train, subset, generator(seed, "train"))
        test_inputs, test_targets = self._examples(self.test, subset, generator(seed, "test"))
        return Data(
            train_inputs=train_inputs,
            train_targets=train_targets,
            test_inputs=test_inputs,
            test_targets=test_targets,
            baseline=self._baseline,
            teacher={"subset": subset},
        )

    def fresh_examples(
        self, data: Data, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        return self._examples(self.train, data.teacher["subset"], generator)

    def _subset(self, source: np.random.Generator) -> np.ndarray:
        import numpy as np

        if self.subset == "first":
            return np.arange(self.degree)
        return source.choice(self.inputs, self.degree, replace=False)

    def _examples(
        self, examples: int, subset: np.ndarray, source: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        signs = 2.0 * source.integers(0, 2, (examples, self.inputs)) - 1
        targets = self._targets(signs[:, subset].prod(1))
        return signs / self.inputs**0.5 if self.unit_length else signs, targets
