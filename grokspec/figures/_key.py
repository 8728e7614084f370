"""The key of a figure: one legend for all panels in which each label looks the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.legend import Legend

Key = dict[str, tuple[Any, Any]]
"""The color and the dashes of the line that each label stands for, in order."""

LETTER, LINE = 0.065, 0.6
"""The width of a letter of the legend and of the line before it, in inches."""

MOST_INSIDE = 6
"""How many labels a panel has room for."""


def draw_keys(canvas: Canvas, panels: Sequence[tuple[Axes, Key]], last: Sequence[str] = ()) -> None:
    """Draw the keys of the panels: one beside them if there are several that agree, or it is long.

    ``last`` are labels that are to come last, in this order.
    """
    panels = [(axes, key) for axes, key in panels if key]
    beside = len(panels) > 1 or any(len(key) > MOST_INSIDE for _, key in panels)
    if beside and (shared := _shared([key for _, key in panels], last)):
        canvas.set_figwidth(canvas.get_figwidth() + LINE + LETTER * max(map(len, shared)))
        _plain(canvas.legend(handles=_handles(shared), loc="outside right upper"))
        return
    for axes, key in panels:
        _plain(axes.legend(handles=_handles(key), loc="best"))


def _shared(keys: Sequence[Key], last: Sequence[str]) -> Key | None:
    """All labels of several keys; None if a label does not look the same in all of them."""
    shared: Key = {}
    for key in keys:
        for label, (color, dashes) in key.items():
            if _looks(shared.setdefault(label, (color, dashes))) != _looks((color, dashes)):
                return None
    labels = [label for label in shared if label not in last]
    return {label: shared[label] for label in (*labels, *last) if label in shared}


def _looks(line: tuple[Any, Any]) -> tuple[Any, Any]:
    from matplotlib.colors import to_hex

    return to_hex(line[0]), line[1]


def _handles(key: Mapping[str, tuple[Any, Any]]) -> list[Any]:
    from matplotlib.lines import Line2D

    return [Line2D([], [], color=c, linestyle=d, label=label) for label, (c, d) in key.items()]


def _plain(legend: Legend) -> None:
    """Show the labels as they are, whatever dollar signs are in them."""
    for text in legend.get_texts():
        text.set_parse_math(False)
