"""What the numbers of a data set can mean: probabilities, classes, signs, tokens.

Each function says what is wrong with the first wrong row of an array [example, …], or returns None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

ROUNDING = 1e-5
"""How far rows of probabilities may be from them: some roundings of float32."""

MOST_SHOWN = 6
"""How many numbers of a row a message shows."""


def why_no_probabilities(targets: np.ndarray) -> str | None:
    """Why rows are no probabilities, which are not below 0 and have the sum 1."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        sums = targets.sum(1)
        wrong = (targets < -ROUNDING).any(1) | ~(abs(sums - 1) <= ROUNDING)
    if not wrong.any():
        return None
    row = int(wrong.argmax())
    return f"row {row}, counted from 0, is {_shown(targets[row])}, with the sum {sums[row]:.6g}"


def why_no_classes(targets: np.ndarray) -> str | None:
    """Why the largest number of a row does not say which class is the right one."""
    largest = targets.max(1)
    wrong = (targets == largest[:, None]).sum(1) != 1
    if not wrong.any():
        return None
    row = int(wrong.argmax())
    return (
        f"row {row}, counted from 0, is {_shown(targets[row])}, with its largest number, "
        f"{largest[row]:.6g}, more than once"
    )


def why_no_signs(targets: np.ndarray) -> str | None:
    """Why targets [example, 1] are no signs, which are one number and its negative."""
    return _why_not_of_size(targets, float(abs(targets).max()) or 1.0)


def why_no_plain_signs(targets: np.ndarray) -> str | None:
    """Why targets [example, 1] are not 1 or −1."""
    return _why_not_of_size(targets, 1.0)


def _why_not_of_size(targets: np.ndarray, size: float) -> str | None:
    import numpy as np

    with np.errstate(invalid="ignore"):
        fit = abs(abs(targets) - size) <= ROUNDING * size
    if fit.all():
        return None
    row = int(np.argmin(fit.all(1)))
    return f"row {row}, counted from 0, is {_shown(targets[row])}, not {size:.6g} or {-size:.6g}"


def why_no_tokens(inputs: np.ndarray, vocabulary: int) -> str | None:
    """Why inputs are not among the tokens from 0 to the vocabulary, exclusive."""
    import numpy as np

    wrong = np.argwhere((inputs < 0) | (inputs >= vocabulary))
    if not len(wrong):
        return None
    row, position = map(int, wrong[0])
    return f"row {row} has {inputs[row, position]} at position {position}, counted from 0"


def _shown(row: np.ndarray) -> str:
    texts = [f"{number:.6g}" for number in row[:MOST_SHOWN]]
    return f"[{', '.join(texts + ['…'] * (len(row) > MOST_SHOWN))}]"
