"""Training: from runs to results in the store.

    run         `train_runs` trains what is missing and returns a TrainingSummary
    dispatch    hands stacks to workers and follows their progress
    failure     why runs could not be trained, in a line and in a log
    training    what a worker does with one stack
    workers     who trains: local processes, this one, or the workers of an executor
    executors   local processes that train, or this process
    cluster     stacks that the workers of a Dask cluster train
    roster      which workers a cluster has, and what is known of each
    apart       what such a worker does with a stack
    connecting  clients of Dask
    luggage     the files that a worker on another machine needs
    machine     the device, the cores and the memory of this machine
    limits      what control groups and SLURM leave this process of it
    pace        how long stacks take, by what similar runs took before
    estimate    time and memory that training will take
    portion     a part of the runs, for jobs that know nothing of each other
    progress    the line that shows how far training is
    script      training from a script without `if __name__ == "__main__":`

How a stack is trained is up to its engine, see `grokspec.engines`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grokspec.runner.failure import TooLargeError, TrainingError
    from grokspec.runner.run import TrainingSummary, missing, train_runs

__all__ = ["TooLargeError", "TrainingError", "TrainingSummary", "missing", "train_runs"]


def __getattr__(name: str) -> Any:  # detecting the machine needs no process pools
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "failure" if name.endswith("Error") else "run"
    return getattr(import_module(f"grokspec.runner.{home}"), name)
