"""Rows whose cells are lists, one for each step of a run, as rows with a number each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grokspec.files.arrays import printable
from grokspec.recorded.bounds import MOST_ROWS
from grokspec.recorded.columns import Columns, objects

if TYPE_CHECKING:
    import numpy as np


def with_a_row_each(columns: Columns) -> Columns:
    """The same table without lists: a row for each element, with the other cells repeated.

    Raises a refusal if the lists of a row differ in length.
    """
    import numpy as np

    lengths = np.array([_length(columns, row) for row in range(len(columns))], dtype=np.int64)
    if (lengths == -1).all():
        return columns
    counts = np.maximum(lengths, 0) + (lengths == -1)
    if counts.sum() > MOST_ROWS:
        raise columns.refusal(f"has more than {MOST_ROWS:,} records; split it")
    rows = np.repeat(np.arange(len(columns)), counts)
    inside = np.concatenate([np.arange(count) for count in counts])
    cells = {name: _in_rows(own, rows, inside) for name, own in columns.cells.items()}
    return Columns(cells, columns.places[rows], columns.unit, columns.typed, columns.refusal)


def _length(columns: Columns, row: int) -> int:
    """How long the lists of a row are; -1 if it has none."""
    found: dict[int, str] = {}
    for name, cells in columns.cells.items():
        if _is_list(cells[row]):
            found.setdefault(len(cells[row]), name)
    if len(found) > 1:
        (one, first), (other, second), *_ = found.items()
        raise columns.refusal(
            f'"{printable(first)}" has {one:,} numbers {columns.place(row)} and '
            f'"{printable(second)}" has {other:,}; the lists of a run must be equally long'
        )
    return next(iter(found), -1)


def _in_rows(cells: np.ndarray, rows: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The cells of a column in these rows, each an element of the list if it is one."""
    if not any(map(_is_list, cells)):
        found: np.ndarray = cells[rows]
        return found
    each = ((cells[row], at) for row, at in zip(rows, inside, strict=True))
    return objects([cell[at] if _is_list(cell) else cell for cell, at in each])


def _is_list(cell: Any) -> bool:
    return isinstance(cell, list)
