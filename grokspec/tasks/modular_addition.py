"""Addition modulo p: a table of p² sums, trained on a part (§3, §8.3; Power et al., 2022)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from grokspec.kinds import invalid
from grokspec.rng import generator
from grokspec.tasks.base import Data, Task


class ModularAddition(Task):
    """``c = (a + b) mod p``, one-hot over the p classes, for every pair of a and b.

    A seed divides the table of pairs at random into a part to train on and the rest to test on.
    An input is a and b, one-hot and one after the other (2p numbers), or the two whole numbers
    themselves (tokens).
    """

    remedy_for_tokens: ClassVar[str] = 'use inputs = "one_hot"'
    remedy_for_numbers: ClassVar[str] = 'use inputs = "tokens"'
    target_rows = "one-hot"

    kind: Literal["modular_addition"] = "modular_addition"
    modulus: Annotated[int, Field(ge=2, description="The modulus p.", examples=[23])]
    train_share: Annotated[
        float,
        Field(
            gt=0,
            lt=1,
            description="Share of the p² pairs to train on; the rest test.",
            examples=[0.9],
        ),
    ]
    inputs: Annotated[
        Literal["one_hot", "tokens"],
        Field(description="a and b each one-hot, 2p numbers, or as two whole numbers."),
    ] = "one_hot"

    @model_validator(mode="after")
    def _both_sets_hold_pairs(self) -> ModularAddition:
        if 0 in self.sizes:
            raise invalid(
                f"of the {self.modulus**2} pairs it leaves {self.sizes[0]} to train and "
                f"{self.sizes[1]} to test on; both take one at least",
                "train_share",
            )
        return self

    @property
    def input_size(self) -> int:
        return 2 if self.has_tokens else 2 * self.modulus

    @property
    def output_size(self) -> int:
        return self.modulus

    @property
    def sizes(self) -> tuple[int, int]:
        pairs = self.modulus**2
        train = round(self.train_share * pairs)
        return train, pairs - train

    @property
    def has_tokens(self) -> bool:
        return self.inputs == "tokens"

    def draw(self, seed: int) -> Data:
        """Divide the table; a larger training set contains the smaller ones of the same seed."""
        import numpy as np

        order = generator(seed, "train").permutation(self.modulus**2)
        pairs = np.stack(np.divmod(order, self.modulus), axis=1)
        classes = np.eye(self.modulus)
        targets = self.label_scale * classes[pairs.sum(1) % self.modulus]
        inputs = pairs if self.has_tokens else classes[pairs].reshape(len(pairs), -1)
        train = self.sizes[0]
        return Data(
            train_inputs=inputs[:train],
            train_targets=targets[:train],
            test_inputs=inputs[train:],
            test_targets=targets[train:],
            baseline=self.label_scale**2 / self.modulus,
        )
