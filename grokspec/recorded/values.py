"""Single values in files: those of axes, as labels, and steps and seeds, as whole numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from grokspec.files.arrays import in_brackets, printable
from grokspec.formatting import exact, in_toml
from grokspec.recorded.bounds import MOST_STEPS
from grokspec.recorded.patterns import SEED
from grokspec.recorded.recording import Scalar

if TYPE_CHECKING:
    import numpy as np

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(
    r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(nan|inf|infinity)", re.I
)
_TRUTH = {"true": True, "false": False}

Refusal = Callable[[str], Exception]
"""From what is wrong to the error that says in which file it is."""


class ValueRefusedError(ValueError):
    """Why a value cannot be that of an axis."""


def label_of_text(text: str) -> Scalar:
    """The value that a text stands for: a number, a truth value, or the text."""
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return label_of(float(text))
    return label_of(_TRUTH.get(text.lower(), text))


def label_of(value: Any) -> Scalar:
    """A value from a file as the label of a point, in Python's types.

    A float32 is the shortest number that is the same float32: 0.85, not 0.8500000238418579. Raises
    a ValueRefusedError if it is empty, not finite or no single value.
    """
    import numpy as np

    if isinstance(value, np.floating) and value.dtype.itemsize < 8:
        value = float(str(value))
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        raise ValueRefusedError("is empty or NaN; every run must have a value on each axis")
    if not isinstance(value, str | int | float | bool):
        raise ValueRefusedError("is no number, text or truth value; choose another axis")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueRefusedError(f"is {value}; the values of an axis must be finite")
    if type(value) is int and abs(value) > MOST_STEPS:
        raise ValueRefusedError("is more than 2^53; choose another axis, or write it as text")
    return value


def labels_of_names(axis: str, texts: Collection[str]) -> dict[str, Scalar]:
    """The values that texts in names stand for: numbers or truth values if all do, else texts.

    Raises a ValueRefusedError if one is not finite, or a seed is too large.
    """
    found = {text: label_of_text(text) for text in texts}
    if axis == SEED and (wrong := next((t for t in texts if float(t) > MOST_STEPS), None)):
        raise ValueRefusedError(f"the seed {wrong} is more than 2^53")
    one_sort = len({sort_of(value) for value in found.values()}) <= 1
    return found if one_sort else {text: text for text in found}


def is_same(one: Scalar, other: Scalar) -> bool:
    """Whether two values of an axis are the same, to the digits of a float32."""
    if isinstance(one, str | bool) or isinstance(other, str | bool):
        return one == other and type(one) is type(other)
    return math.isclose(one, other, rel_tol=1e-6)


def sort_of(value: Scalar) -> str:
    """What a value is, in messages."""
    if isinstance(value, bool):
        return "a truth value"
    return "text" if isinstance(value, str) else "a number"


def point_in_words(coordinates: dict[str, Scalar], seed: int | None = None) -> str:
    """A run in messages: ``alpha = 0.25, seed = 3``; "the run" if it has no axes."""
    at = dict(coordinates) if seed is None else {**coordinates, "seed": seed}
    words = (f"{k} = {in_toml(v) if isinstance(v, str) else exact(v)}" for k, v in at.items())
    return ", ".join(words) or "the run"


def whole_numbers(
    values: np.ndarray, name: str, refusal: Refusal, place: Callable[[int], str] | None = None
) -> np.ndarray:
    """Steps or seeds as int64. Raises a refusal if one is no whole number from 0 to 2⁵³.

    ``place`` says where the value of that number is, which by default is its place in an array.
    """
    import numpy as np

    if values.dtype.kind not in "iuf":
        raise refusal(f'"{printable(name)}" has elements of type {values.dtype}, not whole numbers')
    with np.errstate(invalid="ignore"):
        sound = (values >= 0) & (values <= MOST_STEPS)
        if values.dtype.kind == "f":
            sound &= np.floor(values) == values
    if sound.all():
        return values.astype(np.int64)
    first = tuple(map(int, np.argwhere(~sound)[0]))
    where = place(first[0]) if place else f"at {in_brackets(first)}, counted from 0"
    what = "nothing" if np.isnan(values[first]) else exact(values[first].item())
    raise refusal(
        f'"{printable(name)}" has {what} {where}; it must be a whole number from 0 to 2^53'
    )
