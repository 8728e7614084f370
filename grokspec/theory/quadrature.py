"""Averages over Gaussian vectors, exact for polynomials, to check closed forms against."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np


MOST_NODES = 360
"""In each dimension; numpy's weights of more are not finite."""


class Rule(NamedTuple):
    """Points and their weights; the average of a function is ``shares @ function(points)``."""

    points: np.ndarray  # [point, coordinate]
    shares: np.ndarray  # [point], positive, with sum one


def gaussian_rule(size: int, nodes: int = 3) -> Rule:
    """Gauss–Hermite quadrature of ``N(0, I)`` in ``size`` dimensions, [nodes**size] points.

    The average is exact for polynomials of degree up to ``2·nodes − 1`` in each coordinate; with
    the default, degree five. For small dimensions only, since the points are all combinations.
    Raises ValueError for more than `MOST_NODES`, whose weights are too small for numbers.
    """
    import numpy as np

    if nodes > MOST_NODES:
        raise ValueError(f"nodes = {nodes}: there are weights for at most {MOST_NODES}")
    one, weight = np.polynomial.hermite_e.hermegauss(nodes)
    points = np.stack(np.meshgrid(*[one] * size, indexing="ij"), axis=-1).reshape(-1, size)
    shares = np.stack(np.meshgrid(*[weight / weight.sum()] * size, indexing="ij"), axis=-1)
    return Rule(points, shares.reshape(-1, size).prod(-1))
