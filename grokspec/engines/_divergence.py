"""When a run has diverged, and what is left of its history then. One rule, whoever records."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float64, Int64

from grokspec.engines.base import History


def diverged_runs(values: Float64[np.ndarray, "run ..."]) -> Bool[np.ndarray, " run"]:
    """Which runs have a number that is not finite."""
    return ~np.isfinite(values).reshape(len(values), -1).all(axis=1)


def ended_at(
    steps: Int64[np.ndarray, " record"],
    recorded: Mapping[str, Float64[np.ndarray, "record ..."]],
    once: Mapping[str, np.ndarray],
    diverged_at: int | None,
) -> History:
    """The history of one run, with NaN for all that was recorded from ``diverged_at`` on.

    What is taken once stays as it is.
    """
    kept = {name: values.copy() for name, values in recorded.items()}
    if diverged_at is not None:
        for values in kept.values():
            values[steps >= diverged_at] = np.nan
    kept |= {name: np.array(value) for name, value in once.items()}
    return History(steps, kept, "finished" if diverged_at is None else "diverged", diverged_at)
