"""What a probe sees: the state of a stack at one recorded step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.spec.schema import Experiment
    from grokspec.tasks.base import Data

Split = Literal["train", "test"]


class Moments(NamedTuple):
    """First two moments of a committee machine's weights: w̄ [run, input], M [run, input, input]."""

    mean: Tensor
    second: Tensor


class Predictors(NamedTuple):
    """Quadratic predictors ``l·x + ½ xᵀQx``: l [run, input] and Q [run, input, input]."""

    linear: Tensor
    quadratic: Tensor


class Snapshot(ABC):
    """The state of a stack at one step. Every tensor has the runs first.

    What an engine does not offer (see `Engine.offers`) raises NotImplementedError here.
    """

    def __init__(self, stack: Sequence[Experiment], data: Sequence[Data], like: Tensor) -> None:
        self.stack = stack
        self.data = data
        self._like = like

    def per_run(self, number: Callable[[Experiment], float]) -> Tensor:
        """A number of each run's description, [run]."""
        return self._like.new_tensor([number(experiment) for experiment in self.stack])

    def of_data(self, array: Callable[[Data], object]) -> Tensor:
        """An array of each run's data set, [run, ...]."""
        import numpy as np

        return self._like.new_tensor(np.stack([array(data) for data in self.data]))  # type: ignore[misc]

    def inputs(self, split: Split) -> Tensor:
        """The inputs, [run, example, ...]."""
        return self.of_data(lambda data: getattr(data, f"{split}_inputs"))

    def targets(self, split: Split) -> Tensor:
        """The targets, [run, example, output]."""
        return self.of_data(lambda data: getattr(data, f"{split}_targets"))

    @abstractmethod
    def outputs(self, split: Split) -> Tensor:
        """The predictors' values, α and centring included, [run, example, output]."""

    @abstractmethod
    def mean_squared_weight(self) -> Tensor:
        """The mean of all squared weights, [run]."""

    @abstractmethod
    def kernel(self, split: Split) -> Tensor:
        """The neural tangent kernel of the outputs g, summed over outputs and up to a factor of
        its own for each run, [run, example, example]."""

    def weights(self) -> dict[str, Tensor]:
        """The weights by name, [run, ...]. Offered as "weights"."""
        raise NotImplementedError

    def moments(self) -> Moments:
        """The moments of the weights. Offered as "moments"."""
        raise NotImplementedError

    def predictors(self) -> Predictors:
        """The predictors as quadratic forms. Offered as "moments"."""
        raise NotImplementedError
