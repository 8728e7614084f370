"""What a probe sees: the state of a stack at one recorded step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from torch import Tensor

from grokspec.shapes import Inputs, Kernel, Matrix, Outputs, Scalar, Stacked, Vector, Weights

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from grokspec.experiment import Experiment
    from grokspec.tasks.base import Data

Split = Literal["train", "test"]


class Moments(NamedTuple):
    """First two moments w̄ and M of a committee machine's weights (Eq. 4)."""

    mean: Vector
    second: Matrix


class Predictors(NamedTuple):
    """Quadratic predictors ``l·x + ½ xᵀQx``, as l and Q."""

    linear: Vector
    quadratic: Matrix


class Snapshot(ABC):
    """The state of a stack at one step. Every tensor has the runs first.

    What an engine does not offer (see `Engine.provides`) raises NotImplementedError here.
    """

    def __init__(self, stack: Sequence[Experiment], data: Sequence[Data], like: Tensor) -> None:
        self.stack = stack
        self.data = data
        self._like = like

    def per_run(self, number: Callable[[Experiment], float]) -> Scalar:
        """A number of each run's description."""
        return self._like.new_tensor([number(experiment) for experiment in self.stack])

    def of_data(self, array: Callable[[Data], ArrayLike]) -> Stacked:
        """An array of each run's data set."""
        return self._like.new_tensor(np.stack([array(data) for data in self.data]))

    def inputs(self, split: Split) -> Inputs:
        """The inputs."""
        return self.of_data(lambda data: getattr(data, f"{split}_inputs"))

    def targets(self, split: Split) -> Outputs:
        """The targets."""
        return self.of_data(lambda data: getattr(data, f"{split}_targets"))

    @abstractmethod
    def outputs(self, split: Split) -> Outputs:
        """The predictors' values, α and centering included."""

    @abstractmethod
    def mean_squared_weight(self) -> Scalar:
        """The mean of all squared weights."""

    def mean_squared_movement(self) -> Scalar:
        """The mean of all squared differences of weights from the first ones. Offered as
        "movement"."""
        raise NotImplementedError

    @abstractmethod
    def kernel(self, split: Split) -> Kernel:
        """The neural tangent kernel of the outputs g, summed over outputs, times the model's width
        factor N: of a committee machine, Eq. 5."""

    def weights(self) -> Weights:
        """The weights by name. Offered as "weights"."""
        raise NotImplementedError

    def moments(self) -> Moments:
        """The moments of the weights. Offered as "moments"."""
        raise NotImplementedError

    def predictors(self) -> Predictors:
        """The predictors as quadratic forms. Offered as "moments"."""
        raise NotImplementedError
