"""Shared by the tasks whose targets are linear in Gaussian inputs."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from grokspec.rng import generator
from grokspec.tasks.base import Data, Task

if TYPE_CHECKING:
    import numpy as np


class LinearTarget(Task):
    """``y = W x`` with ``x ~ N(0, I)``, for a matrix W [output, input] that each seed draws.

    The teacher holds it as ``weight``, before the label scale.
    """

    target_rows = "real"

    inputs: Annotated[int, Field(ge=1, description="Input dimension D.", examples=[50])]
    train: Annotated[int, Field(ge=1, description="Training examples P.", examples=[60])]
    test: Annotated[int, Field(ge=1, description="Test examples.")] = 1_000

    online = True
    samples_test_set = True

    @property
    def input_size(self) -> int:
        return self.inputs

    @property
    def sizes(self) -> tuple[int, int]:
        return self.train, self.test

    @abstractmethod
    def weight(self, source: np.random.Generator) -> np.ndarray:
        """Draw W [output, input]."""

    def draw(self, seed: int) -> Data:
        """Draw W and the examples; ``⟨x xᵀ⟩ = I``, so the mean squared target is |W|²/outputs."""
        weight = self.weight(generator(seed, "teacher"))
        train_inputs, train_targets = self._examples(self.train, weight, generator(seed, "train"))
        test_inputs, test_targets = self._examples(self.test, weight, generator(seed, "test"))
        return Data(
            train_inputs=train_inputs,
            train_targets=train_targets,
            test_inputs=test_inputs,
            test_targets=test_targets,
            baseline=float(self.label_scale**2 * (weight**2).sum() / self.output_size),
            teacher={"weight": weight},
        )

    def fresh_examples(
        self, data: Data, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        return self._examples(self.train, data.teacher["weight"], generator)

    def _examples(
        self, examples: int, weight: np.ndarray, source: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        inputs = source.standard_normal((examples, self.inputs))
        return inputs, self.label_scale * (inputs @ weight.T)
