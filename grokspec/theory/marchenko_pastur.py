"""The eigenvalues of a sample covariance, by the law of Marchenko and Pastur.

Inputs are N(0, I), and λ = inputs/examples is held while both grow. The eigenvalues of
``XᵀX/examples`` then have the density ``√((λ₊ − ν)(ν − λ₋))/(2πλν)`` between ``λ± = (1 ± √λ)²``;
above λ = 1, a share ``1 − 1/λ`` of them is zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

NODES = 4_000
"""Eigenvalues that stand for all; ample for λ up to 0.98, and from 1.02 on."""


class Spectrum(NamedTuple):
    """Eigenvalues and their shares; the average of a function is ``shares @ function(values)``."""

    values: np.ndarray  # [eigenvalue]
    shares: np.ndarray  # [eigenvalue], not negative, with sum one


def edges(ratio: float) -> tuple[float, float]:
    """The smallest and the largest eigenvalue other than zero, ``(1 ± √λ)²``."""
    return (1 - ratio**0.5) ** 2, (1 + ratio**0.5) ** 2


def spectrum(ratio: float, nodes: int = NODES) -> Spectrum:
    """The law for λ = ``ratio``, as a quadrature with one more point at zero if λ > 1.

    With ``ν = 1 + λ + 2√λ cos θ`` the density becomes ``2 sin²θ/(πν)``. Its zeros at both ends make
    equally spaced θ a Gauss rule (that of Chebyshev polynomials of the second kind), which is exact
    up to ``min(√λ, 1/√λ)`` to the power of twice the nodes. Raises ValueError unless λ > 0.
    """
    import numpy as np

    if not ratio > 0:
        raise ValueError(f"ratio = {ratio}: inputs over examples is a positive number")
    angle = np.pi * np.arange(1, nodes + 1) / (nodes + 1)
    values = 1 + ratio + 2 * ratio**0.5 * np.cos(angle)
    shares = 2 * np.sin(angle) ** 2 / (values * (nodes + 1))
    if ratio <= 1:
        return Spectrum(values, shares)
    return Spectrum(np.append(values, 0.0), np.append(shares, 1 - 1 / ratio))
