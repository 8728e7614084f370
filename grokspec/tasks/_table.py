"""Shared by the tasks on a whole table: what a binary operation makes of every pair of elements."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from grokspec.kinds import invalid
from grokspec.rng import generator
from grokspec.tasks.base import Data, Task

if TYPE_CHECKING:
    import numpy as np

UNDEFINED = -1
"""What a table holds in place of a result for a pair that has none."""


class Table(Task):
    """Pairs of elements of a finite set, each with the element that an operation makes of it.

    A seed divides the table of pairs at random into a part to train on and the rest to test on.
    An input is the two elements, one-hot and one after the other, or their numbers from 0
    (tokens). The target is the result, one-hot over all elements.
    """

    remedy_for_tokens: ClassVar[str] = 'use inputs = "one_hot"'
    remedy_for_numbers: ClassVar[str] = 'use inputs = "tokens"'
    target_rows = "one-hot"

    train_share: Annotated[
        float,
        Field(
            gt=0, lt=1, description="Share of the pairs to train on; the rest test.", examples=[0.9]
        ),
    ]
    inputs: Annotated[
        Literal["one_hot", "tokens"],
        Field(description="The two elements each one-hot, or as two whole numbers."),
    ] = "one_hot"

    @model_validator(mode="after")
    def _both_sets_hold_pairs(self) -> Table:
        if 0 in self.sizes:
            raise invalid(
                f"of the {self.pairs} pairs it leaves {self.sizes[0]} to train and "
                f"{self.sizes[1]} to test on; both take one at least",
                "train_share",
            )
        return self

    @property
    @abstractmethod
    def elements(self) -> int:
        """How many elements there are."""

    @property
    def pairs(self) -> int:
        """How many pairs have a result."""
        return self.elements**2

    @abstractmethod
    def table(self) -> np.ndarray:
        """The number of the result for each [first, second]; UNDEFINED where there is none."""

    @property
    def input_size(self) -> int:
        return 2 if self.has_tokens else 2 * self.elements

    @property
    def output_size(self) -> int:
        return self.elements

    @property
    def sizes(self) -> tuple[int, int]:
        train = round(self.train_share * self.pairs)
        return train, self.pairs - train

    @property
    def has_tokens(self) -> bool:
        return self.inputs == "tokens"

    def draw(self, seed: int) -> Data:
        """Divide the table; a larger training set contains the smaller ones of the same seed."""
        import numpy as np

        table = self.table()
        pairs = np.argwhere(table != UNDEFINED)
        pairs = pairs[generator(seed, "train").permutation(len(pairs))]
        classes = np.eye(self.elements)
        targets = self.label_scale * classes[table[tuple(pairs.T)]]
        inputs = pairs if self.has_tokens else classes[pairs].reshape(len(pairs), -1)
        train = self.sizes[0]
        return Data(
            train_inputs=inputs[:train],
            train_targets=targets[:train],
            test_inputs=inputs[train:],
            test_targets=targets[train:],
            baseline=self.label_scale**2 / self.elements,
        )
