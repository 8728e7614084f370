"""Numbers at the edge of what a float can hold, and curves made of them."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator

import numpy as np

ORDINARY = [0.0, 0.05, 0.3, 0.6, 0.99, 1.0, 1.0, 2.0]
"""Numbers that tie, cross thresholds and reach zero."""

EDGE = [
    *ORDINARY,
    -0.0,
    5e-324,
    -5e-324,
    1e-310,
    1e-300,
    1e66,
    1e300,
    -1.0,
    math.inf,
    -math.inf,
    math.nan,
]


def curves(rng: np.random.Generator, shape: tuple[int, ...], among: list[float]) -> np.ndarray:
    """Curves along the last axis: jumbled, constant, falling to zero, diverged at a step or none.

    Each kind has its share of the curves.
    """
    drawn = rng.choice(among, shape)
    kind = rng.integers(0, 6, shape[:-1])
    at = rng.integers(0, shape[-1] + 1, shape[:-1])[..., None]
    record = np.arange(shape[-1])
    ordinary = np.sort(rng.choice(ORDINARY, shape), axis=-1)[..., ::-1]
    drawn = np.where((kind == 1)[..., None], drawn[..., :1], drawn)
    drawn = np.where((kind == 2)[..., None], ordinary, drawn)
    drawn = np.where((kind == 3)[..., None], np.where(record < at, ordinary, 0.0), drawn)
    return np.where((kind == 4)[..., None] & (record >= at), math.nan, drawn)


def other_zeros(values: np.ndarray) -> np.ndarray:
    """The numbers with every zero of the other sign."""
    return np.where(values == 0, -values, values)


@contextlib.contextmanager
def no_warnings() -> Iterator[None]:
    """Fail at any warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
