"""Columns of a table as numbers, whole numbers or labels; what is wrong is told with its row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grokspec.errors import suggestion
from grokspec.files.arrays import printable
from grokspec.recorded.recording import Scalar
from grokspec.recorded.values import (
    Refusal,
    ValueRefusedError,
    label_of,
    label_of_text,
    sort_of,
    whole_numbers,
)

if TYPE_CHECKING:
    import numpy as np

NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""How numbers that JSON does not have are written as texts in it."""


@dataclass(frozen=True)
class Columns:
    """Some columns of a table, as they are in a file.

    ``places`` has the line or row of each of their cells, as ``unit`` says. In a table that is
    ``typed``, numbers are no texts.
    """

    cells: dict[str, np.ndarray]
    places: np.ndarray
    unit: str
    typed: bool
    refusal: Refusal

    def __len__(self) -> int:
        return len(self.places)

    def place(self, row: int) -> str:
        """Where a row is, in messages: "in line 7"."""
        return f"in {self.unit} {self.places[row]:,}"

    def rows(self, kept: np.ndarray) -> Columns:
        """Some of the rows."""
        cells = {name: own[kept] for name, own in self.cells.items()}
        return Columns(cells, self.places[kept], self.unit, self.typed, self.refusal)

    def numbers(self, name: str) -> np.ndarray:
        """A column as float64, NaN where a cell is empty."""
        import numpy as np

        cells = self.cells[name]
        if cells.dtype.kind in "iufb":
            return cells.astype(np.float64)
        found = np.full(len(cells), math.nan)
        filled = np.array([cell is not None and cell != "" for cell in cells], dtype=bool)
        if self.typed:
            self._check_types(name, cells)
            cells = np.array([NOT_FINITE.get(c, c) if type(c) is str else c for c in cells], object)
        try:
            found[filled] = cells[filled].astype(np.float64)
        except (ValueError, TypeError, OverflowError):
            row = next(i for i in np.flatnonzero(filled) if not _is_number(cells[i]))
            raise self._no_number(name, int(row)) from None
        return found

    def whole(self, name: str) -> np.ndarray:
        """A column of steps or seeds as int64; every cell must have one."""
        return whole_numbers(self.numbers(name), name, self.refusal, self.place)

    def labels(self, name: str) -> tuple[np.ndarray, list[Scalar]]:
        """A column as values of an axis: the number of each cell's value, and the values.

        All must be numbers, or all texts, or all truth values.
        """
        import numpy as np

        first, codes = self._distinct(name)
        found = [self._label(name, self.cells[name][row], row) for row in first]
        for row, value in zip(first, found, strict=True):
            if sort_of(value) != sort_of(found[0]):
                raise self.refusal(
                    f'"{printable(name)}" has {sort_of(found[0])} {self.place(first[0])} and '
                    f"{sort_of(value)} {self.place(row)}; write values of one sort"
                )
        numbers: dict[Scalar, int] = {}
        by_code = np.array([numbers.setdefault(value, len(numbers)) for value in found], int)
        return by_code[codes], list(numbers)

    def _distinct(self, name: str) -> tuple[list[int], np.ndarray]:
        """The first row with each distinct cell, and for each row the number of its cell."""
        import numpy as np
        import pandas as pd

        cells = self.cells[name]
        if cells.dtype != object or not self.typed:
            codes, _ = pd.factorize(cells, use_na_sentinel=False)
            _, rows = np.unique(codes, return_index=True)
            return rows.tolist(), codes
        seen: dict[Any, int] = {}
        first: list[int] = []
        found = []
        for row, cell in enumerate(cells):
            try:
                code = seen.setdefault((type(cell), cell), len(seen))
            except TypeError:  # a list or a table
                code = seen.setdefault(row, len(seen))
            if code == len(first):
                first.append(row)
            found.append(code)
        return first, np.array(found, dtype=int)

    def _label(self, name: str, value: Any, row: int) -> Scalar:
        try:
            is_text = isinstance(value, str) and not self.typed
            return label_of_text(value) if is_text else label_of(value)
        except ValueRefusedError as error:
            raise self.refusal(f'"{printable(name)}" {error} ({self.place(row)})') from None

    def _check_types(self, name: str, cells: np.ndarray) -> None:
        for row, cell in enumerate(cells):
            kind = type(cell)
            if kind not in (int, float, type(None)) and not (kind is str and cell in NOT_FINITE):
                raise self._no_number(name, row)

    def _no_number(self, name: str, row: int) -> Exception:
        cell = self.cells[name][row]
        what = f'"{printable(cell)}"' if isinstance(cell, str) else printable(repr(cell))
        return self.refusal(
            f'"{printable(name)}" has {what} {self.place(row)}, which is no number; correct it, '
            "or leave the cell empty"
        )


@dataclass(frozen=True)
class TableFile:
    """A table in a file: the names of its columns, and how some of them are read."""

    names: tuple[str, ...]
    read: Callable[[Sequence[str]], Columns]
    refusal: Refusal

    def require(self, *names: str) -> None:
        """Raise a refusal if there is no such column, or more than one."""
        for name in names:
            if name not in self.names:
                raise self.refusal(
                    f'has no column "{name}"; {suggestion(name, map(printable, self.names))}'
                )
            if self.names.count(name) > 1:
                raise self.refusal(f'has the column "{printable(name)}" twice; rename one of them')


def objects(cells: Sequence[Any]) -> np.ndarray:
    """Cells as an array of Python's objects, which may be lists."""
    import numpy as np

    found = np.empty(len(cells), dtype=object)
    if not any(isinstance(cell, list) for cell in cells):
        found[:] = cells
        return found
    for row, cell in enumerate(cells):  # numpy would make an axis of lists
        found[row] = cell
    return found


def _is_number(cell: Any) -> bool:
    try:
        float(cell)
    except (ValueError, TypeError, OverflowError):
        return False
    return True
