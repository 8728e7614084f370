"""Shared by the tasks on handwritten digits: which images a seed trains and is tested on."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, model_validator

from grokspec.kinds import invalid
from grokspec.tasks._fixed_set import division
from grokspec.tasks.base import Data, Task

if TYPE_CHECKING:
    import numpy as np

CLASSES = 10


class Images(Task):
    """Images of digits, every seed's drawn without replacement from the same few thousand.

    So the images of two seeds are not independent: their test sets share some, and a test image of
    one may be a training image of the other. Inputs are brightness from 0 to 1, not centered or
    standardized; targets are one-hot rows.
    """

    train: Annotated[int, Field(ge=1, description="Training images.", examples=[200])]
    test: Annotated[int, Field(ge=1, description="Test images.")] = 1_000

    target_rows = "one-hot"
    available: ClassVar[int]
    """How many images a seed draws from."""

    @model_validator(mode="after")
    def _images_suffice(self) -> Images:
        if self.train + self.test > self.available:
            raise invalid(
                f"there are {self.available:,} images, too few to train on {self.train:,} and to "
                f"test on {self.test:,} others",
                "train",
            )
        return self

    @property
    def output_size(self) -> int:
        return CLASSES

    @property
    def sizes(self) -> tuple[int, int]:
        return self.train, self.test

    @abstractmethod
    def images(self) -> tuple[np.ndarray, np.ndarray]:
        """All images [example, input], from 0 (background) to 1, and their digits [example]."""

    def draw(self, seed: int) -> Data:
        import numpy as np

        inputs, digits = self.images()
        targets = self.label_scale * np.eye(CLASSES)[digits]
        train, test = division(self.available, self.sizes, seed)
        return Data(
            train_inputs=inputs[train],
            train_targets=targets[train],
            test_inputs=inputs[test],
            test_targets=targets[test],
            baseline=self.label_scale**2 / CLASSES,
        )
