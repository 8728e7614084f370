"""Polynomial regression: squares of directions of Gaussian inputs (Eq. 3, §5, §15.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec import theory
from grokspec.rng import generator
from grokspec.tasks.base import Data, Task

if TYPE_CHECKING:
    import numpy as np


class Polynomial(Task):
    """``y = ½ Σ (β·x)²`` with ``x ~ N(0, I/D)`` and, for each seed, one ``β ~ N(0, I)`` or several.

    The teacher holds ``beta`` [direction, input], with the label scale in it, so that
    ``½ Σ (β·x)²`` is the target, and its ``form`` ``A = Σ β βᵀ``.
    """

    kind: Literal["polynomial"] = "polynomial"
    inputs: Annotated[int, Field(ge=1, description="Input dimension D.", examples=[40])]
    train: Annotated[int, Field(ge=1, description="Training examples P.", examples=[220])]
    test: Annotated[
        int,
        Field(ge=1, description="Examples for sampled test quantities; Eq. 6 needs none."),
    ] = 200
    directions: Annotated[
        int, Field(ge=1, description="How many directions β the target has (§15.1).")
    ] = 1

    online = True
    samples_test_set = True
    target_rows = "real"

    @property
    def input_size(self) -> int:
        return self.inputs

    @property
    def output_size(self) -> int:
        return 1

    @property
    def sizes(self) -> tuple[int, int]:
        return self.train, self.test

    @property
    def is_quadratic(self) -> bool:
        return self.eigenvector is None

    def draw(self, seed: int) -> Data:
        shape = self.directions, self.inputs
        beta = generator(seed, "teacher").standard_normal(shape) * self.label_scale**0.5
        train = self._inputs(self.train, generator(seed, "train"))
        test = self._inputs(self.test, generator(seed, "test"))
        form = theory.target_form(beta)
        return Data(
            train_inputs=train,
            train_targets=_targets(train, beta),
            test_inputs=test,
            test_targets=_targets(test, beta),
            baseline=float(theory.baseline(form)),
            teacher={"beta": beta, "form": form},
        )

    def fresh_examples(
        self, data: Data, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        inputs = self._inputs(self.train, generator)
        return inputs, _targets(inputs, data.teacher["beta"])

    def _inputs(self, examples: int, generator: np.random.Generator) -> np.ndarray:
        return generator.standard_normal((examples, self.inputs)) / self.inputs**0.5


def _targets(inputs: np.ndarray, beta: np.ndarray) -> np.ndarray:
    return 0.5 * ((inputs @ beta.T) ** 2).sum(-1, keepdims=True)
