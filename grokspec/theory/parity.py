"""Networks, written down by hand, that compute the parity of k signs (Merrill et al. 2023, §5).

Parity is a function of the number of signs that are −1, or of the sum s of all signs, which takes
the k + 1 values −k, −k + 2, …, k. On these it alternates between 1 and −1. So it is enough to turn
around k times along one direction, and the inputs that do not count get weights of zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class SmallNetwork:
    """``f(x) = vᵀφ(Wx + b) + c``: one hidden layer, and one output."""

    incoming: np.ndarray
    """W [unit, input]."""
    bias: np.ndarray
    """b [unit]."""
    outgoing: np.ndarray
    """v [unit]."""
    activation: Callable[[np.ndarray], np.ndarray]
    constant: float = 0.0
    """c, the bias of the readout."""

    @property
    def units(self) -> int:
        """How many hidden units there are."""
        return len(self.outgoing)

    def outputs(self, inputs: np.ndarray) -> np.ndarray:
        """Outputs [example] of inputs [example, input]."""
        return self.activation(inputs @ self.incoming.T + self.bias) @ self.outgoing + self.constant


def patterns(signs: int) -> np.ndarray:
    """All 2ᵏ inputs of k signs, [example, input]."""
    import itertools

    import numpy as np

    return np.array(list(itertools.product((-1.0, 1.0), repeat=signs)))


def parity(inputs: np.ndarray) -> np.ndarray:
    """The product of the signs of each example."""
    return inputs.prod(axis=1)


def relu(value: np.ndarray) -> np.ndarray:
    """The positive part."""
    return value.clip(min=0)


def step(value: np.ndarray) -> np.ndarray:
    """A threshold unit: 1 above zero, and 0 below."""
    return (value > 0).astype(float)


def unit_for_each_pattern(signs: int) -> SmallNetwork:
    """2ᵏ ReLU units, each 1 on one pattern and 0 on all others."""
    import numpy as np

    each = patterns(signs)
    return SmallNetwork(each, np.full(len(each), 1.0 - signs), parity(each), relu)


def two_units_for_each_step(signs: int) -> SmallNetwork:
    """2k ReLU units: a step between two values of s is the difference of two of them."""
    import numpy as np

    turns = turning_points(signs)
    incoming = np.ones((2 * signs, signs))
    bias = np.concatenate([0.5 - turns, -0.5 - turns])
    jumps = 2 * alternating(signs)
    return SmallNetwork(incoming, bias, np.concatenate([jumps, -jumps]), relu, (-1.0) ** signs)


def unit_for_each_step(signs: int) -> SmallNetwork:
    """k + 1 threshold units, without a bias of the readout.

    The first is always 1 and stands in for that bias.
    """
    import numpy as np

    always = -signs - 1.0
    bias = -np.concatenate([[always], turning_points(signs)])
    outgoing = np.concatenate([[(-1.0) ** signs], 2 * alternating(signs)])
    return SmallNetwork(np.ones((signs + 1, signs)), bias, outgoing, step)


def unit_for_each_slope(signs: int) -> SmallNetwork:
    """k ReLU units: f is a straight line from each value of s to the next."""
    import numpy as np

    values = np.arange(-signs, signs, 2.0)  # all but the last, where nothing turns
    slopes = alternating(signs)
    changes = np.diff(slopes, prepend=0.0)
    return SmallNetwork(np.ones((signs, signs)), -values, changes, relu, (-1.0) ** signs)


def turning_points(signs: int) -> np.ndarray:
    """Halfway between neighboring values of s, where parity changes, [step]."""
    import numpy as np

    return np.arange(1.0 - signs, signs, 2.0)


def alternating(signs: int) -> np.ndarray:
    """Whether parity rises (1) or falls (−1) at each turning point."""
    import numpy as np

    return -((-1.0) ** signs) * (-1.0) ** np.arange(signs)
