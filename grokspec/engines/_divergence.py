"""When a run has diverged, and what is left of its history then. One rule, whoever records."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float64, Int64

from grokspec.engines.base import History, Status


def diverged_runs(values: Float64[np.ndarray, "run ..."]) -> Bool[np.ndarray, " run"]:
    """Which runs have a number that is not finite."""
    return ~np.isfinite(values).reshape(len(values), -1).all(axis=1)


def history_of(
    steps: Int64[np.ndarray, " record"],
    recorded: Mapping[str, Float64[np.ndarray, "record ..."]],
    once: Mapping[str, np.ndarray],
    diverged_at: int | None,
    ended_at: int | None = None,
) -> History:
    """The history of one run, with NaN for all that was recorded from ``diverged_at`` on.

    What is taken once stays as it is. A run that diverged did not end.
    """
    kept = {name: values.copy() for name, values in recorded.items()}
    if diverged_at is not None:
        for values in kept.values():
            values[steps >= diverged_at] = np.nan
        ended_at = None
    kept |= {name: np.array(value) for name, value in once.items()}
    return History(steps, kept, _status(diverged_at, ended_at), diverged_at, ended_at)


def _status(diverged_at: int | None, ended_at: int | None) -> Status:
    if diverged_at is not None:
        return "diverged"
    return "finished" if ended_at is None else "ended"
