"""Shared by the tasks on a set of examples that is the same for all seeds."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from grokspec.kinds import invalid
from grokspec.rng import generator
from grokspec.tasks.base import Data, Task

if TYPE_CHECKING:
    import numpy as np


def division(examples: int, sizes: tuple[int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which examples a seed trains on, and which it tests on.

    The seed shuffles them, trains on the first and tests on the last ones: a larger training set
    contains the smaller ones of the same seed.
    """
    train, test = sizes
    order = generator(seed, "train").permutation(examples)
    return order[:train], order[-test:]


class FixedSet(Task):
    """A set of examples, of which each seed draws some to train on and others to test on.

    So the examples of two seeds are not independent: a test example of one may be a training
    example of the other.
    """

    target_rows = "one-hot"

    train: Annotated[int, Field(ge=1, description="Training examples.", examples=[100])]
    test: Annotated[
        int | None, Field(ge=1, description="Test examples; all others if left out.")
    ] = None

    @model_validator(mode="after")
    def _examples_suffice(self) -> FixedSet:
        test = self.test or 1
        if self.train + test > self.available:
            raise invalid(
                f"there are {self.available:,} examples, too few to train on {self.train:,} and to "
                f"test on {test:,} more",
                "train",
            )
        return self

    @property
    @abstractmethod
    def available(self) -> int:
        """How many examples there are."""

    @abstractmethod
    def examples(self) -> tuple[np.ndarray, np.ndarray]:
        """All inputs [example, input] and targets [example, output], before the label scale."""

    @property
    def sizes(self) -> tuple[int, int]:
        return self.train, self.test or self.available - self.train

    def draw(self, seed: int) -> Data:
        """Divide the examples. The baseline is exact for classes, else that of the test set."""
        inputs, targets = self.examples()
        targets = self.label_scale * targets
        train, test = division(len(inputs), self.sizes, seed)
        return Data(
            train_inputs=inputs[train],
            train_targets=targets[train],
            test_inputs=inputs[test],
            test_targets=targets[test],
            baseline=float((targets[test] ** 2).mean()),
        )
