"""Dropout: what networks with it have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from grokspec.kinds import PerRun, invalid
from grokspec.models.base import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from grokspec.files.arrays import Shape
    from grokspec.models._evaluator import Evaluator
    from grokspec.shapes import Inputs, Scalars, Weights

Masks = Sequence["Tensor"]
"""Factors of one run, each [example, …]: 0 for what is dropped, 1/(1 − p) for the rest. There are
none where nothing is dropped."""


class Dropping(Model):
    """The base of networks whose units are dropped at random in every step, and never measured so.

    Each run draws from a generator of its own seed, whatever else is in its stack.
    """

    dropout: Annotated[
        PerRun,
        Field(
            ge=0,
            lt=1,
            description="The chance p that a unit is dropped in a step, while the others are "
            "multiplied by 1/(1 − p). What is measured drops none.",
        ),
    ] = 0.0

    @model_validator(mode="after")
    def _there_is_one_function(self) -> Dropping:
        for field in ("centered", "linearized"):
            if self.dropout and getattr(self, field):
                raise invalid(
                    f"{field} = true needs outputs that depend on weights and inputs alone, and "
                    f"dropout draws others at every step; leave {field} out, or dropout",
                    "dropout",
                )
        return self

    only_at_start = Model.only_at_start | {"dropout"}  # `evaluator` decides then what draws masks

    @abstractmethod
    def shapes_of_masks(self, input_size: int) -> Sequence[Shape]:
        """The shape of each mask for one example."""

    @abstractmethod
    def masked_output(self, weights: dict[str, Tensor], inputs: Tensor, masks: Masks) -> Tensor:
        """Compute `output` with some units dropped."""

    def output(
        self, weights: dict[str, Tensor], inputs: Tensor, scalars: Mapping[str, Tensor]
    ) -> Tensor:
        return self.masked_output(weights, inputs, ())

    def evaluator(
        self,
        seeds: Sequence[int],
        initial: Weights,
        scalars: Scalars,
        inputs: Callable[[], Inputs],
    ) -> Evaluator:
        if not scalars["dropout"].any():
            return super().evaluator(seeds, initial, scalars, inputs)
        from grokspec.models._dropping_evaluator import DroppingEvaluator

        return DroppingEvaluator(self, seeds, scalars)
