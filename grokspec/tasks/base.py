"""What a task is: a distribution of inputs and targets from which a seed draws one data set."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from grokspec.kinds import Kind, PerRun

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Data:
    """One seed's data set.

    Inputs are [example, input]; targets [example, output] (one-hot rows for classes).
    ``baseline`` is the mean squared target, the loss of the predictor that answers zero: over the
    population where the task knows it in closed form, else over the test set. ``teacher``
    holds what generated the targets.
    """

    train_inputs: np.ndarray
    train_targets: np.ndarray
    test_inputs: np.ndarray
    test_targets: np.ndarray
    baseline: float
    teacher: dict[str, np.ndarray] = field(default_factory=dict)


class Task(Kind, family="task"):
    """The base of every task."""

    label_scale: Annotated[
        PerRun, Field(gt=0, description="Factor on every target; the baseline scales with it.")
    ] = 1.0

    @property
    @abstractmethod
    def input_size(self) -> int:
        """How many numbers one input holds."""

    @property
    @abstractmethod
    def output_size(self) -> int:
        """How many numbers one target holds."""

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, int]:
        """How many examples there are to train and to test on."""

    @abstractmethod
    def draw(self, seed: int) -> Data:
        """Draw the data set of one seed, in float64, on the CPU."""
