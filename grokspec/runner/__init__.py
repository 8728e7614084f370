"""The room of training: from a plan to results in the store.

    run         `run_plan`: what is missing is trained, and a Report says what was done
    dispatch    hands stacks to workers, and knows how far they are
    failure     what is told of runs that could not be trained
    training    what one worker does with one stack
    workers     local processes that train
    machine     the device, the cores and the memory there are

How a stack is trained is not said here but in `engines`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grokspec.runner.run import Report, TrainingError, missing, run_plan

__all__ = ["Report", "TrainingError", "missing", "run_plan"]


def __getattr__(name: str) -> Any:  # who only looks at the machine needs no process pools
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("grokspec.runner.run"), name)
