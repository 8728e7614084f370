"""The losses to train on, one file each, listed here under their names in a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokspec.losses.base import Loss
from grokspec.losses.cross_entropy import CrossEntropy
from grokspec.losses.function import FunctionLoss
from grokspec.losses.mean_squared_error import MeanSquaredError

if TYPE_CHECKING:
    from grokspec.files.python import PythonName

__all__ = ["LOSSES", "CrossEntropy", "FunctionLoss", "Loss", "MeanSquaredError", "loss_of"]

LOSSES: dict[str, Loss] = {"mse": MeanSquaredError(), "cross_entropy": CrossEntropy()}
"""Every loss by its name in ``training.loss``."""


def loss_of(chosen: str | PythonName) -> Loss:
    """The loss of this name, or the one that a function of the user computes."""
    return LOSSES[chosen] if isinstance(chosen, str) else FunctionLoss(chosen)
