"""Hermite regression: a polynomial of any degree in one direction of Gaussian inputs (§15.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.rng import generator
from grokspec.tasks.base import Data, Task

if TYPE_CHECKING:
    import numpy as np


class Hermite(Task):
    """``y = He_k(β·x)`` with ``x ~ N(0, I/D)`` and, for each seed, a random β with ``|β|² = D``.

    He_k is the probabilists' polynomial, ``He_3(z) = z³ − 3z``. Since ``β·x ~ N(0, 1)``, the mean
    of y is zero, that of y² is k!, and y is uncorrelated with every polynomial of lower degree.
    The teacher holds ``beta``.
    """

    kind: Literal["hermite"] = "hermite"
    inputs: Annotated[int, Field(ge=1, description="Input dimension D.", examples=[15])]
    train: Annotated[int, Field(ge=1, description="Training examples P.", examples=[450])]
    test: Annotated[
        int,
        Field(ge=1, description="Test examples; the higher the degree, the heavier y's tails."),
    ] = 2_000
    degree: Annotated[int, Field(ge=1, description="Degree k of the target.", examples=[3])]

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

    def draw(self, seed: int) -> Data:
        from math import factorial

        size = self.inputs
        direction = generator(seed, "teacher").standard_normal(size)
        beta = direction * (size / (direction @ direction)) ** 0.5
        train = generator(seed, "train").standard_normal((self.train, size)) / size**0.5
        test = generator(seed, "test").standard_normal((self.test, size)) / size**0.5
        return Data(
            train_inputs=train,
            train_targets=self._target(train, beta),
            test_inputs=test,
            test_targets=self._target(test, beta),
            baseline=self.label_scale**2 * factorial(self.degree),
            teacher={"beta": beta},
        )

    def _target(self, inputs: np.ndarray, beta: np.ndarray) -> np.ndarray:
        from numpy.polynomial.hermite_e import HermiteE

        return self.label_scale * HermiteE.basis(self.degree)(inputs @ beta[:, None])
