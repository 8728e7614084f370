"""Tables in text, a header and a line for each row: commas in .csv, tabs in .tsv; maybe .gz."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from grokspec.files.arrays import printable
from grokspec.files.inputs import InputFile
from grokspec.formatting import amount, count
from grokspec.recorded.bounds import MOST_BYTES, MOST_COLUMNS, MOST_ROWS
from grokspec.recorded.columns import Columns, TableFile, objects
from grokspec.recorded.formats import Contents, refusal_of
from grokspec.recorded.results_table import RecordedResults
from grokspec.recorded.tables import drafts_in_table
from grokspec.recorded.values import Refusal

if TYPE_CHECKING:
    from _csv import Reader

OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
"""What may separate the cells of a file that should have commas."""


def read(file: InputFile, results: RecordedResults) -> Contents:
    """The runs in a table of text."""
    refusal = refusal_of(file)
    text = text_of(file, refusal)
    separator = "\t" if ".tsv" in file.path.suffixes[-2:] else ","
    names = _header(text, separator, refusal)

    def columns(wanted: Sequence[str]) -> Columns:
        return _columns(text, separator, names, wanted, refusal)

    drafts, found = drafts_in_table(TableFile(names, columns, refusal), results)
    return Contents(drafts, tuple(found.cells), len(found))


def text_of(file: InputFile, refusal: Refusal) -> str:
    """The text of a file, unpacked if it ends in .gz. Raises a refusal if there is none in it."""
    content = file.content()
    if file.path.suffix.lower() == ".gz":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
                content = packed.read(MOST_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise refusal(f"is not a complete gzip file ({error}); write it again") from None
        if len(content) > MOST_BYTES:
            raise refusal(f"has more than {amount(MOST_BYTES, 'B')} when unpacked; split it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refusal(f"line {line:,} is not UTF-8 text; save it as UTF-8") from None
    if not text.strip():
        raise refusal("is empty; remove the file, or record the run again")
    return text


def _rows(text: str, separator: str, refusal: Refusal) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line, and the line's number in the file; blank lines are passed over."""
    rows: Reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise refusal(f"line {line:,} is damaged ({error}); write the file again") from None
        if row:
            yield line, row
        line = rows.line_num + 1


def _header(text: str, separator: str, refusal: Refusal) -> tuple[str, ...]:
    _, names = next(_rows(text, separator, refusal))
    if len(names) > MOST_COLUMNS:
        raise refusal(f"has {len(names):,} columns, more than {MOST_COLUMNS:,}; split it")
    if len(names) == 1 and (other := next((c for c in OTHER_SEPARATORS if c in names[0]), None)):
        raise refusal(
            f'has one column, "{printable(names[0])}", as {OTHER_SEPARATORS[other]} separate its '
            "cells; separate them with commas, or with tabs in a .tsv file"
        )
    return tuple(name.strip() for name in names)


def _columns(
    text: str, separator: str, names: Sequence[str], wanted: Sequence[str], refusal: Refusal
) -> Columns:
    import numpy as np

    lines: list[int] = []
    cells: list[list[str]] = []
    rows = _rows(text, separator, refusal)
    next(rows)  # the header
    for line, row in rows:
        if len(row) != len(names):
            raise refusal(
                f"line {line:,} has {count(len(row), 'cell')}, but the header has {len(names):,}; "
                "the file was cut short, or a cell with a comma has no quotes"
            )
        if len(lines) == MOST_ROWS:
            raise refusal(f"has more than {MOST_ROWS:,} rows; split it")
        lines.append(line)
        cells.append(row)
    positions = {name: names.index(name) for name in wanted}
    columns = {name: objects([row[at].strip() for row in cells]) for name, at in positions.items()}
    return Columns(columns, np.array(lines, dtype=np.int64), "line", False, refusal)
