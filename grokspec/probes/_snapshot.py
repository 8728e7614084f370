"""What a probe sees: the state of a stack at one recorded step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from torch import Tensor

from grokspec.shapes import (
    Inputs,
    Kernel,
    Matrix,
    Outputs,
    Scalar,
    Scalars,
    Stacked,
    Vector,
    Weights,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from grokspec.losses.base import Criterion
    from grokspec.tasks.base import Data
    from grokspec.training import Setup

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
    """The state of a stack at one step. The first axis of every tensor is the runs.

    A method that an engine does not provide (see `Engine.provides`) raises NotImplementedError.
    """

    def __init__(self, stack: Sequence[Setup], data: Sequence[Data], like: Tensor) -> None:
        self.stack = stack
        self.data = data
        self._like = like

    def per_run(self, number: Callable[[Setup], float]) -> Scalar:
        """One number from the description of each run."""
        return self.numbers([number(experiment) for experiment in self.stack])

    def numbers(self, each: Sequence[float]) -> Scalar:
        """One given number for each run."""
        return self._like.new_tensor(each)

    @cached_property
    def loss(self) -> Criterion:
        """The loss of the training."""
        return self.stack[0].training.loss.criterion(self.loss_scalars)

    @property
    def loss_scalars(self) -> Scalars:
        """The stackable fields of the loss, by name."""
        names = self.stack[0].training.loss.stackable_fields()
        return {n: self.per_run(lambda e, n=n: getattr(e.training.loss, n)) for n in names}  # type: ignore[misc]

    def of_data(self, array: Callable[[Data], ArrayLike]) -> Stacked:
        """One array from the data set of each run, stacked."""
        return self._like.new_tensor(np.stack([array(data) for data in self.data]))

    def inputs(self, split: Split) -> Inputs:
        return self.of_data(lambda data: getattr(data, f"{split}_inputs"))

    def targets(self, split: Split) -> Outputs:
        return self.of_data(lambda data: getattr(data, f"{split}_targets"))

    @abstractmethod
    def outputs(self, split: Split) -> Outputs:
        """The values of the predictors, with α and centering."""

    @abstractmethod
    def mean_squared_weight(self) -> Scalar:
        """The mean of all squared weights."""

    def mean_squared_movement(self) -> Scalar:
        """The mean over all weights of (w − w₀)²; provided as "movement"."""
        raise NotImplementedError

    def outputs_of(self, weights: Weights, split: Split) -> Outputs:
        """The values of the predictors at other weights; provided as "weights".

        The weights must be new tensors, and not the network's own.
        """
        raise NotImplementedError

    def loss_slopes(self, outputs: Outputs, targets: Outputs) -> Outputs:
        """The derivative of the training's loss in the outputs."""
        return self.loss.gradient(outputs, targets, self.loss_scalars)

    @abstractmethod
    def kernel(self, split: Split, examples: int | None = None) -> Kernel:
        """The neural tangent kernel of g, summed over outputs, times the model's width factor N.

        For a committee machine this is Eq. 5. It is between all examples, or the first so many.
        """

    def initial_kernel(self, split: Split, examples: int | None = None) -> Kernel:
        """The `kernel` at the initial weights; provided as "initial_kernel"."""
        raise NotImplementedError

    def weights(self) -> Weights:
        """The weights by name; provided as "weights"."""
        raise NotImplementedError

    def gradients(self) -> Weights:
        """The gradient of the loss on all training examples; provided as "gradients".

        Without what the optimizer adds to it. A module is in evaluation mode.
        """
        raise NotImplementedError

    def curvature(self, direction: Weights) -> Weights:
        """The Hessian of the same loss times a direction; provided as "curvature"."""
        raise NotImplementedError

    def moments(self) -> Moments:
        """The moments of the weights; provided as "moments"."""
        raise NotImplementedError

    def predictors(self) -> Predictors:
        """The predictors as quadratic forms; provided as "moments"."""
        raise NotImplementedError
