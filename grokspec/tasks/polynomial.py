"""Polynomial regression: the square of one direction of Gaussian inputs (Eq. 3, §5)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from grokspec import theory
from grokspec.generators import generator
from grokspec.tasks.base import Data, Task


class Polynomial(Task):
    """``y = ½(β·x)²`` with ``x ~ N(0, I/D)`` and, for each seed, ``β ~ N(0, I)``.

    The teacher holds ``beta``, with the label scale in it, so that ``½(β·x)²`` is the target.
    """

    kind: Literal["polynomial"] = "polynomial"
    inputs: Annotated[int, Field(ge=1, description="Input dimension D.", examples=[40])]
    train: Annotated[int, Field(ge=1, description="Training examples P.", examples=[220])]
    test: Annotated[
        int,
        Field(ge=1, description="Examples for sampled test quantities; Eq. 6 needs none."),
    ] = 200

    @property
    def input_size(self) -> int:
        """The dimension D."""
        return self.inputs

    @property
    def output_size(self) -> int:
        """One number."""
        return 1

    @property
    def sizes(self) -> tuple[int, int]:
        """Examples to train and to test on."""
        return self.train, self.test

    def draw(self, seed: int) -> Data:
        """Draw β, the training set and the test set of one seed."""
        size = self.inputs
        beta = generator(seed, "teacher").standard_normal(size) * self.label_scale**0.5
        train = generator(seed, "train").standard_normal((self.train, size)) / size**0.5
        test = generator(seed, "test").standard_normal((self.test, size)) / size**0.5
        return Data(
            train_inputs=train,
            train_targets=0.5 * (train @ beta[:, None]) ** 2,
            test_inputs=test,
            test_targets=0.5 * (test @ beta[:, None]) ** 2,
            baseline=float(theory.baseline(beta)),
            teacher={"beta": beta},
        )
