"""Grokking of ridge regression: the theorem of Xu et al. (2026), and the times themselves.

Theirs is the linear student of `linear_students` with more inputs than examples, in other units.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log

from grokspec.theory.linear_students import LinearStudent, Times
from grokspec.theory.marchenko_pastur import edges


@dataclass(frozen=True)
class Ridge:
    """Ridge regression by gradient descent in the notation of Xu et al. (2026), §4.

    Features are N(0, I/m), the loss is ``Σ(⟨θ − θ*, φ⟩)²/(2n) + (λ/2)|θ|²``, and θ starts at
    N(0, ν²). There |θ*| = 1. The mean squared errors here are without the factor ½.
    """

    examples: int
    features: int
    decay: float
    """λ."""
    variance: float = 1.0
    """ν²."""
    teacher: float = 1.0
    """|θ*|²."""
    rate: float = 1.0
    """η."""

    @property
    def zero_loss(self) -> float:
        """The test loss of the zero predictor."""
        return self.teacher / self.features

    @property
    def unseen(self) -> float:
        """The share of directions in which there is no example."""
        return 1 - self.examples / self.features

    def student(self) -> tuple[LinearStudent, float]:
        """The same as a student of Levi et al., and the factor on its losses.

        With inputs √m φ the weights are θ/√m. So γ = 2mλ, η₀ = η/(2m), α² = mν²/|θ*|², and |T|²
        is |θ*|²/m, the loss of the zero predictor, in place of ½.
        """
        student = LinearStudent(
            ratio=self.features / self.examples,
            rate=self.rate / (2 * self.features),
            decay=2 * self.features * self.decay,
            start=(self.variance / self.zero_loss) ** 0.5,
            in_steps=True,
        )
        return student, 2 * self.zero_loss

    def times(self, epsilon: float) -> Times:
        """The steps at which the mean squared errors fall to ε."""
        student, factor = self.student()
        return student.times_below(epsilon / factor)

    def fitting_bound(self, epsilon: float) -> float:
        """Theorem 4.1: the most steps to fit, ``n ln(14mν²/ε)/(2η λ⁺)``.

        λ⁺ is the smallest eigenvalue of ΦᵀΦ that is not zero, here that of large m and n.
        """
        smallest = edges(self.features / self.examples)[0] * self.examples / self.features
        scale = 14 * self.features * self.variance / epsilon
        return self.examples * log(scale) / (2 * self.rate * smallest)

    def generalization_bound(self, epsilon: float) -> float:
        """Eq. 8: the least steps to generalize, ``ln((m − n)ν²/(8mε))/(2.02ηλ)``."""
        return log(self.unseen * self.variance / (8 * epsilon)) / (2.02 * self.rate * self.decay)

    def forgetting_time(self, epsilon: float) -> float:
        """When decay alone has erased the initial weights in the directions without examples.

        The test loss is then ``(1 − n/m)(ν²(1 − ηλ)^{2t} + |θ*|²/m)``; infinite if its last part,
        what the zero predictor misses there, is not below ε.
        """
        room = epsilon / self.unseen - self.zero_loss
        if room <= 0:
            return inf
        return log(self.variance / room) / (-2 * log(1 - self.rate * self.decay))
