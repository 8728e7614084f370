"""The losses to train on, one file each, listed here under their names in a spec."""

from grokspec.losses.base import Loss
from grokspec.losses.cross_entropy import CrossEntropy
from grokspec.losses.mean_squared_error import MeanSquaredError

__all__ = ["LOSSES", "CrossEntropy", "Loss", "MeanSquaredError"]

LOSSES: dict[str, Loss] = {"mse": MeanSquaredError(), "cross_entropy": CrossEntropy()}
"""Every loss by its name in ``training.loss``."""
