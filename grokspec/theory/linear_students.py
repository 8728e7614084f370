"""A linear student of a linear teacher in closed form (Levi et al., 2023).

Inputs are N(0, I), and there are λ = inputs/examples of them for each example. The student S and
the teacher T have independent weights with |T|² = ½ and |S|² = α²/2, and S is trained by gradient
descent on the mean squared error over examples and outputs, with weight decay. Each eigenvalue ν of
the covariance of the inputs then has a mode of its own (Eq. 15): with g = γ/2 and
``e = exp(−2η(ν + g)t)``, what is left of S in it is e, and of T ``e + (1 − e) g/(ν + g)``. A loss
is the average over ν, by the law of Marchenko and Pastur.

Equations that do not hold as printed are here with the suffix ``_printed``, next to what we
derived.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, pi
from typing import TYPE_CHECKING, NamedTuple

from grokspec.theory.marchenko_pastur import Spectrum, edges, spectrum

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

CONVERGED = 0.95
"""The accuracy at which Levi et al. read off times."""


class Losses(NamedTuple):
    """The mean squared errors per output, on the training examples and on all inputs."""

    train: np.ndarray
    test: np.ndarray


class Times(NamedTuple):
    """The steps at which a threshold is reached on each set; infinite if it never is."""

    train: float
    test: float

    @property
    def delay(self) -> float:
        """By how many steps the test set is later."""
        return self.test - self.train


@dataclass(frozen=True)
class LinearStudent:
    """A student in the limit of many inputs, in the notation of Levi et al. (2023)."""

    ratio: float
    """λ, inputs per example."""
    rate: float = 0.01
    """η₀, the learning rate."""
    decay: float = 0.0
    """γ; the penalty is ``γ|S|²/(2 outputs)``, so the optimizer's weight decay is γ/outputs."""
    start: float = 1.0
    """α, the initial student's norm over the teacher's."""
    outputs: int = 1
    in_steps: bool = False
    """Whether modes shrink by gradient descent, ``(1 − 2η(ν + g))^t``, or by its flow."""

    def losses(self, step: np.ndarray | float) -> Losses:
        """The losses after some steps, in the shape of these."""
        import numpy as np

        values, shares = spectrum(self.ratio)
        left = self._left(np.asarray(step, dtype=float)[..., None], values)
        of_teacher = left + (1 - left) * self._unreached(values)
        return self._averaged(left, of_teacher, Spectrum(values, shares))

    def final_losses(self) -> Losses:
        """The losses that training ends with; without decay, modes of zero keep all they had."""
        values, shares = spectrum(self.ratio)
        kept = (values == 0) * (self.decay == 0)
        of_teacher = kept + self._unreached(values)
        return self._averaged(kept, of_teacher, Spectrum(values, shares))

    def accuracy(self, loss: np.ndarray | float, epsilon: float) -> np.ndarray:
        """The share of examples whose squared error per output is below ε, at a loss.

        Errors are Gaussian, so it is ``1 − Γ(k, kε/L)/Γ(k)`` for k = outputs/2, and ``erf √(ε/2L)``
        for one output.
        """
        from scipy.special import gammainc

        half = self.outputs / 2
        return gammainc(half, half * epsilon / loss)

    def loss_at(self, accuracy: float, epsilon: float) -> float:
        """The loss at which the accuracy reaches a value: ε/3.84 for 95% and one output."""
        from scipy.special import gammaincinv

        half = self.outputs / 2
        return half * epsilon / float(gammaincinv(half, accuracy))

    def times(self, epsilon: float, accuracy: float = CONVERGED) -> Times:
        """The steps at which the accuracies reach a value."""
        return self.times_below(self.loss_at(accuracy, epsilon))

    def times_below(self, loss: float) -> Times:
        """The steps at which the losses, which never rise, fall to a value."""
        return Times(self._first_below(loss, 0), self._first_below(loss, 1))

    def _first_below(self, bound: float, split: int) -> float:
        if self.final_losses()[split] >= bound:
            return inf
        return _first_root(lambda step: float(self.losses(step)[split]) - bound)

    def _averaged(self, of_start: np.ndarray, of_teacher: np.ndarray, modes: Spectrum) -> Losses:
        """The losses where a mode has kept these parts of the initial student and the teacher."""
        squares = ((self.start * of_start) ** 2 + of_teacher**2) / (2 * self.outputs)
        return Losses(squares @ (modes.shares * modes.values), squares @ modes.shares)

    def _left(self, step: np.ndarray, values: np.ndarray) -> np.ndarray:
        """e: what is left of the initial student in each mode, [..., eigenvalue]."""
        import numpy as np

        shrinkage = 2 * self.rate * (values + self.decay / 2) / self.outputs
        return (1 - shrinkage) ** step if self.in_steps else np.exp(-shrinkage * step)

    def _unreached(self, values: np.ndarray) -> np.ndarray:
        """g/(ν + g): the share of the teacher that decay keeps out of each mode for ever."""
        half = self.decay / 2
        return half / (values + half) if half else 0 * values


def _first_root(excess: Callable[[float], float]) -> float:
    """Where a function that never rises comes down to zero; at zero if it starts below."""
    from scipy.optimize import brentq

    if excess(0.0) <= 0:
        return 0.0
    end = 1.0
    while excess(end) > 0:
        end *= 2
    return float(brentq(excess, 0.0 if end == 1 else end / 2, end))


# Without decay


def train_loss(ratio: float, scaled_time: np.ndarray | float) -> np.ndarray:
    """Eq. 9 in Bessel form, ``exp(−s(1 + λ)) I₁(2√λ s)/(√λ s)`` at s = 4η₀t > 0."""
    import numpy as np
    from scipy.special import ive  # I₁ with a factor exp(−x), which never overflows

    argument = 2 * ratio**0.5 * scaled_time
    return 2 * np.exp(argument - (1 + ratio) * scaled_time) * ive(1, argument) / argument


def late_losses(ratio: float, scaled_time: np.ndarray | float) -> Losses:
    """The limit of the losses at late times s = 4η₀t, for λ < 1 (Eq. 11)."""
    import numpy as np

    slowest = edges(ratio)[0]
    train = np.exp(-slowest * scaled_time) / (
        2 * pi**0.5 * ratio**0.75 * np.asarray(scaled_time) ** 1.5
    )
    return Losses(train, train / slowest)


def delay_printed(ratio: float, rate: float = 0.01) -> float:
    """Eq. 12, ``ln(1/(1 − √λ))/(2η₀(1 − √λ)²)`` for λ < 1: the limit of the delay for ε → 0."""
    return -log(1 - ratio**0.5) / (2 * rate * edges(ratio)[0])


# With decay


def decayed_losses_printed(ratio: float, decay: float) -> Losses:
    """Eq. 16, the final losses ``γ²/(4(1 − λ))`` and ``γ²/(4(1 − λ)³)`` for small γ."""
    import numpy as np

    return Losses(*(np.asarray(decay**2 / (4 * (1 - ratio) ** power)) for power in (1, 3)))


def decayed_losses(ratio: float, decay: float) -> Losses:
    """The final losses for λ < 1 and small γ: half of Eq. 16.

    What is left is ``|T|² E[q (γ/2)²/ν²]`` with |T|² = ½, q = ν or 1, ``E[1/ν] = 1/(1 − λ)`` and
    ``E[1/ν²] = 1/(1 − λ)³``.
    """
    train, test = decayed_losses_printed(ratio, decay)
    return Losses(train / 2, test / 2)


def delay_with_decay_printed(ratio: float, rate: float = 0.01) -> float:
    """The delay of Eq. 16, ``ln(1 + √λ)/(2η₀(1 − √λ)²)``, which γ is no part of."""
    return log(1 + ratio**0.5) / (2 * rate * edges(ratio)[0])
