"""Tables of runs as files: what is in the cells, and how they are written."""

from __future__ import annotations

import csv
import io
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from grokspec.errors import GrokspecError
from grokspec.recorded.recording import Scalar
from grokspec.recorded.values import ValueRefusedError, label_of, label_of_text

Refusal = Callable[[str], GrokspecError]
"""From what is wrong with a file to the error that names it."""


class TableFormat(ABC):
    """How the tables of one ending are read and written, without a loss."""

    @abstractmethod
    def read(self, content: bytes, refusal: Refusal) -> pd.DataFrame:
        """The cells as the file has them. Raises a refusal if it is no such table."""

    @abstractmethod
    def written(self, rows: pd.DataFrame) -> bytes:
        """The content of a file with these cells."""

    def typed(self, rows: pd.DataFrame) -> pd.DataFrame:
        """New rows with cells as `read` has them."""
        return rows

    def label(self, cell: Any) -> Scalar:
        """What the cell of a coordinate stands for."""
        return label_of(cell)

    def why_no_label(self, value: Scalar) -> str:
        """Why a coordinate cannot have this value; empty if it can."""
        return ""


class TextTable(TableFormat):
    """A header and a line for each row, with commas. Every cell is a text; an empty one is NaN."""

    def read(self, content: bytes, refusal: Refusal) -> pd.DataFrame:
        try:
            text = io.StringIO(content.decode("utf-8-sig"), newline="")
            header, *rows = (row for row in csv.reader(text) if row)
        except (UnicodeDecodeError, csv.Error, ValueError) as error:
            raise refusal(f"is no table in CSV ({error}); record in another file") from error
        if any(len(row) != len(header) for row in rows):
            raise refusal("has rows that are not as long as its header; record in another file")
        return pd.DataFrame(rows, columns=header, dtype=object)

    def written(self, rows: pd.DataFrame) -> bytes:
        return rows.fillna("").to_csv(index=False, lineterminator="\n").encode()

    def typed(self, rows: pd.DataFrame) -> pd.DataFrame:
        cells = rows.astype(object)
        return cells.map(lambda cell: "" if _is_nan(cell) else str(cell))

    def label(self, cell: str) -> Scalar:
        return label_of_text(cell)

    def why_no_label(self, value: Scalar) -> str:
        try:
            is_kept = not isinstance(value, str) or label_of_text(value) == value
        except ValueRefusedError:  # it stands for no number
            is_kept = False
        other = "is a text that a .csv file would give back as something else; record in .jsonl"
        return "" if is_kept else other


class JsonLines(TableFormat):
    """A JSON object for each row; what is not known is null."""

    def read(self, content: bytes, refusal: Refusal) -> pd.DataFrame:
        try:
            rows = [json.loads(line) for line in content.splitlines() if line.strip()]
        except ValueError as error:
            raise refusal(f"is no table in JSON lines ({error}); record in another file") from error
        if not all(isinstance(row, dict) for row in rows):
            raise refusal("has lines that are no objects in JSON; record in another file")
        columns = dict.fromkeys(name for row in rows for name in row)
        cells = [[row.get(name) for name in columns] for row in rows]
        return pd.DataFrame(cells, columns=list(columns), dtype=object)

    def written(self, rows: pd.DataFrame) -> bytes:
        names = list(rows.columns)
        lines = (
            json.dumps(dict(zip(names, map(_in_json, row), strict=True)), ensure_ascii=False)
            for row in rows.itertuples(index=False, name=None)
        )
        return "".join(f"{line}\n" for line in lines).encode()

    def typed(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.astype(object)


class Parquet(TableFormat):
    """A typed table, with the extra ``grokspec[parquet]``."""

    def __init__(self) -> None:
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            raise GrokspecError(
                "Parquet files need pyarrow: `pip install 'grokspec[parquet]'` installs it; or "
                "record in .csv or .jsonl"
            ) from None

    def read(self, content: bytes, refusal: Refusal) -> pd.DataFrame:
        try:
            return pd.read_parquet(io.BytesIO(content), engine="pyarrow")
        except Exception as error:  # a damaged file may raise anything
            raise refusal(f"is no table in Parquet ({error}); record in another file") from error

    def written(self, rows: pd.DataFrame) -> bytes:
        file = io.BytesIO()
        rows.to_parquet(file, engine="pyarrow", index=False)
        return file.getvalue()


FORMATS: dict[str, type[TableFormat]] = {
    ".csv": TextTable,
    ".jsonl": JsonLines,
    ".parquet": Parquet,
}
"""The formats by the ending of a file."""


def format_of(path: Path) -> TableFormat:
    """The format of a file. Raises a GrokspecError if it has none, or a library is missing."""
    if (ending := path.suffix.lower()) not in FORMATS:
        raise GrokspecError(f"{path}: its name must end in {', '.join(FORMATS)}")
    return FORMATS[ending]()


def _is_nan(cell: Any) -> bool:
    return isinstance(cell, float) and math.isnan(cell)


def _in_json(cell: Any) -> Any:
    """A cell as JSON has it. The two infinities are texts, as a ``[results]`` spec reads them."""
    if _is_nan(cell):
        return None
    if isinstance(cell, float) and math.isinf(cell):
        return "Infinity" if cell > 0 else "-Infinity"
    return cell
