"""Four Gaussian clusters whose labels are an exclusive or (Frei et al., 2022; Xu et al., 2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.kinds import PerRun
from grokspec.rng import generator
from grokspec.tasks._binary import Binary
from grokspec.tasks.base import Data

if TYPE_CHECKING:
    import numpy as np


class XorClusters(Binary):
    """``x ~ N(c, I)`` with a center c that is one of ±μ₁ and ±μ₂, each as likely as the others.

    The label is 1 for ±μ₁ and −1 for ±μ₂. Each seed draws the two directions, at right angles; the
    teacher holds ``centers`` [2, input], μ₁ and μ₂. Wrong labels, which the cited works have, are
    those of ``corrupted_labels``.
    """

    kind: Literal["xor_clusters"] = "xor_clusters"
    inputs: Annotated[int, Field(ge=2, description="Input dimension D.", examples=[100])]
    train: Annotated[int, Field(ge=1, description="Training examples.", examples=[200])]
    test: Annotated[int, Field(ge=1, description="Test examples.")] = 1_000
    distance: Annotated[
        PerRun,
        Field(
            gt=0,
            description="|μ|, how far each center is from 0; around it the noise has variance 1 in "
            "every direction.",
            examples=[5.0],
        ),
    ]

    online = True
    samples_test_set = True

    @property
    def input_size(self) -> int:
        return self.inputs

    @property
    def sizes(self) -> tuple[int, int]:
        return self.train, self.test

    def draw(self, seed: int) -> Data:
        centers = self._centers(generator(seed, "teacher"))
        train_inputs, train_targets = self._examples(self.train, centers, generator(seed, "train"))
        test_inputs, test_targets = self._examples(self.test, centers, generator(seed, "test"))
        return Data(
            train_inputs=train_inputs,
            train_targets=train_targets,
            test_inputs=test_inputs,
            test_targets=test_targets,
            baseline=self._baseline,
            teacher={"centers": centers},
        )

    def fresh_examples(
        self, data: Data, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        return self._examples(self.train, data.teacher["centers"], generator)

    def _centers(self, source: np.random.Generator) -> np.ndarray:
        import numpy as np

        directions = np.linalg.qr(source.standard_normal((self.inputs, 2)))[0]
        return self.distance * directions.T

    def _examples(
        self, examples: int, centers: np.ndarray, source: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        which, side = source.integers(0, 2, (2, examples))
        noise = source.standard_normal((examples, self.inputs))
        inputs = (2 * side - 1)[:, None] * centers[which] + noise
        return inputs, self._targets(1.0 - 2 * which)
