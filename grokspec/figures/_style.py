"""The look of all figures, and the names of quantities and axes in them."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from grokspec.formatting import distinct_texts
from grokspec.statistics.verdict import Verdict

if TYPE_CHECKING:
    import xarray

LABELS = {
    "alpha": "α",
    "train": "P",
    "task.degree": "degree k",
    "sigma": "σ",
    "epsilon": "ε",
    "modulus": "p",
    "threshold": "θ",
    "train_loss": "train loss",
    "test_loss": "test loss",
    "population_loss": "test loss",
    "kernel_regression_loss": "kernel regression",
    "variance_error": "variance error",
    "misalignment_error": "misalignment error",
    "linear_power": "power in linear modes",
    "weight_norm": "weight norm",
    "alignment": "NTK alignment",
    "centered_alignment": "centered NTK alignment",
}
"""The paper's name for a quantity or an axis, if the name here does not read well."""

SWITCHES = {
    ("linearized", False): "network",
    ("linearized", True): "linearized at w₀",
    ("centered", False): "not centered",
    ("centered", True): "centered",
}
"""How a run is called for a switch that is on or off."""

LINES: dict[str, Any] = {
    "train_loss": (0, (4, 2)),
    "train_accuracy": (0, (4, 2)),
    "test_loss": (0, (1, 1)),
    "variance_error": (0, (1, 1)),
    "misalignment_error": (0, (4, 2)),
    "kernel_regression_loss": (0, (1, 2)),
}
"""Dash patterns: training is dashed and test solid, as in the paper. Others are solid."""

LEVEL = ("kernel_regression_loss",)
"""Quantities that are taken once and drawn as a horizontal gray line."""

VERDICTS = {
    Verdict.SUPPORTED: ("#0072b2", "o"),
    Verdict.REFUTED: ("#d55e00", "X"),
    Verdict.INCONCLUSIVE: ("0.45", "D"),
}
"""Color and marker of a verdict, distinct also for the color-blind."""

SETTINGS: dict[Any, Any] = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": "medium",
    "figure.dpi": 150,
    "font.size": 9,
    "legend.fontsize": 8,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.7,
    "lines.linewidth": 1.4,
    "svg.fonttype": "none",  # text stays text, so that readers can select and search it
    "svg.hashsalt": "grokspec",  # the same figure is the same file
}
"""Matplotlib's settings while a figure is drawn."""


@contextlib.contextmanager
def settings() -> Iterator[None]:
    """Draw with matplotlib's defaults and `SETTINGS`, whatever a matplotlibrc or the user set."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "Glyph .* missing"
        )  # the text is in the file all the same
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        yield


def label(name: str) -> str:
    """The name of a quantity or an axis in a figure."""
    return LABELS.get(name, name.replace("_", " "))


def value_labels(axis: str, values: Sequence[Any]) -> list[str]:
    """Distinct values of an axis: ``α = 1/8``, or for a switch how a run with it is called."""
    texts = distinct_texts(values)
    return [_value_label(axis, value, text) for value, text in zip(values, texts, strict=True)]


def _value_label(axis: str, value: Any, text: str) -> str:
    if value is None:
        return f"no {label(axis)}"
    if isinstance(value, bool):
        return SWITCHES.get((axis, value), label(axis) if value else f"not {label(axis)}")
    return f"{label(axis)} = {_as_fraction(value, text)}"


def tick_labels(values: Sequence[Any]) -> list[str]:
    """Distinct values of an axis, for its ticks: ``1/8`` among other powers of two.

    An absent value is "none".
    """
    texts = distinct_texts(["none" if value is None else value for value in values])
    if not all(isinstance(value, float) and math.frexp(value)[0] == 0.5 for value in values):
        return texts
    return [_as_fraction(value, text) for value, text in zip(values, texts, strict=True)]


def _as_fraction(value: Any, text: str) -> str:
    """One over a power of two, if a value is that; else its text."""
    power = isinstance(value, float) and 2**-20 <= value < 1 and math.frexp(value)[0] == 0.5
    return f"1/{1 / value:.0f}" if power else text


def colors(count: int) -> list[Any]:
    """Colors in order from dark to light, distinct also for the color-blind."""
    import matplotlib
    import numpy as np

    shades = matplotlib.colormaps["viridis"](np.linspace(0.05, 0.85, max(count, 2)))
    return list(shades[:count])


def values_of(results: xarray.Dataset, axis: str | None) -> list[Any]:
    """The distinct values of an axis, where None is an absent value; a None for no axis."""
    if axis is None:
        return [None]
    return list(dict.fromkeys(None if v != v else v for v in results[axis].values.tolist()))


def in_order(values: Sequence[Any]) -> list[Any]:
    """Values of an axis, numbers from the smallest to the largest, others as they are."""
    return sorted(values, key=lambda value: value if isinstance(value, int | float) else math.inf)
