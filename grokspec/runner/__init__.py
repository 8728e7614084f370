"""Training: from runs to results in the store.

    run         `train_runs`: what is missing is trained, and a TrainingSummary says what was done
    dispatch    hands stacks to workers, and knows how far they are
    training    what one worker does with one stack
    executors   local processes that train
    machine     the device, the cores and the memory there are
    estimate    what training will take, by what it took before
    progress    the line that shows how far training is
    script      training from a script without a guard around it

How a stack is trained is the engines' business, see `grokspec.engines`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grokspec.runner.dispatch import TrainingError
    from grokspec.runner.run import TrainingSummary, missing, train_runs

__all__ = ["TrainingError", "TrainingSummary", "missing", "train_runs"]


def __getattr__(name: str) -> Any:  # looking at the machine needs no process pools
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("grokspec.runner.run"), name)
