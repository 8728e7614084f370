"""Weights that solve addition modulo p, written down (Gromov 2023; Doshi et al. 2024, Eq. 2).

The network is ``f(n, m) = W₂ (W₁ x)²``, with x the one-hot n and m, one after the other. Unit k has
one frequency s and three phases (Gromov, Eq. 8–14):

- ``W₁[k, n] = cos(2πsn/p + φ₁)`` and ``W₁[k, p + m] = cos(2πsm/p + φ₂)``,
- ``W₂[q, k] = cos(2πsq/p + φ₃)``.

One term of the squared sum of two waves, ``cos(2πs(n + m)/p + φ₁ + φ₂)``, is in phase with W₂ at
``q = n + m`` in every unit if ``φ₃ = φ₁ + φ₂``: the units add up to N/2 there. Everything else has
random phases and adds up to something of order √N.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np


class Waves(NamedTuple):
    """The frequency of each unit, a whole number, and its phases φ₁, φ₂ and φ₃, all [unit]."""

    frequency: np.ndarray
    first: np.ndarray
    second: np.ndarray
    output: np.ndarray


def drawn_waves(
    modulus: int, width: int, source: np.random.Generator, *, tied: bool = True
) -> Waves:
    """Frequencies 0 … p − 1 and phases, uniform at random; ``φ₃ = φ₁ + φ₂`` if ``tied``.

    Untied, φ₃ is drawn at random, too. Without frequency 0, an output of −1/(p − 1) of the peak is
    left at all wrong q, however many units there are.
    """
    import numpy as np

    first, second, other = source.uniform(0, 2 * np.pi, (3, width))
    frequency = source.integers(0, modulus, width)
    return Waves(frequency, first, second, first + second if tied else other)


def written_weights(waves: Waves, modulus: int) -> tuple[np.ndarray, np.ndarray]:
    """W₁ [unit, 2p] and W₂ [output, unit], all numbers between −1 and 1."""
    import numpy as np

    angle = 2 * np.pi / modulus * np.outer(waves.frequency, np.arange(modulus))
    first, second, output = (
        np.cos(angle + phase[:, None]) for phase in (waves.first, waves.second, waves.output)
    )
    return np.concatenate([first, second], axis=1), output.T


def outputs_of_all_pairs(incoming: np.ndarray, outgoing: np.ndarray, factor: float) -> np.ndarray:
    """``factor · W₂ (W₁ x)²`` at [n, m, output]; W₁ is [unit, 2p] and W₂ [output, unit].

    With the written-down weights and ``peak_factor`` it is close to one at q = n + m.
    """
    modulus = incoming.shape[1] // 2
    hidden = incoming.T[:modulus, None, :] + incoming.T[None, modulus:, :]
    outputs = (hidden**2).reshape(modulus**2, -1) @ outgoing.T
    return factor * outputs.reshape(modulus, modulus, modulus)


def peak_factor(width: int) -> float:
    """2/N, with which the output at the peak is one; Gromov's factor 1/(2pN) makes it 1/(4p)."""
    return 2 / width


def off_peak_size(width: int) -> float:
    """The root mean square of the outputs at wrong q, over the output at the peak: ``3/√(2N)``.

    A unit's share is ``T = (cos A + cos B)² cos(A + B + δ)`` with random A and B. Over these,
    ``⟨T²⟩ = 9/8 + 3/16 cos 2δ``, and over frequencies the second term averages out for odd p. The
    sum of N such, over the peak N/2, has the size ``2/N · √(9N/8)``. It is our own result.
    """
    return float(3 / (2 * width) ** 0.5)


def printed_scale(width: int) -> float:
    """The factor ``(2/N)^(−1/3)`` on every weight that Doshi et al. print in Eq. 2."""
    return float((2 / width) ** (-1 / 3))


def derived_scale(width: int) -> float:
    """The factor ``(2/N)^(1/3)`` on every weight with which the output at the peak is one.

    Three weights are multiplied in each term, so the output has the factor 2/N.
    """
    return float((2 / width) ** (1 / 3))
