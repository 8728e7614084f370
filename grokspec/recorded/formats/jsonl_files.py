"""A JSON object in each line, as many loggers write; one may have lists for a whole run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from grokspec.files.arrays import printable
from grokspec.files.inputs import InputFile
from grokspec.recorded.bounds import MOST_COLUMNS, MOST_ROWS
from grokspec.recorded.columns import Columns, TableFile, objects
from grokspec.recorded.formats import Contents, refusal_of
from grokspec.recorded.formats.csv_files import text_of
from grokspec.recorded.lists import with_a_row_each
from grokspec.recorded.results_table import RecordedResults
from grokspec.recorded.tables import drafts_in_table
from grokspec.recorded.values import Refusal


def read(file: InputFile, results: RecordedResults) -> Contents:
    """The runs in lines of JSON."""
    refusal = refusal_of(file)
    lines, rows = _rows(text_of(file, refusal), refusal)
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    if len(names) > MOST_COLUMNS:
        raise refusal(f"has {len(names):,} keys, more than {MOST_COLUMNS:,}; split it")

    def columns(wanted: Sequence[str]) -> Columns:
        import numpy as np

        cells = {name: objects([row.get(name) for row in rows]) for name in wanted}
        return with_a_row_each(Columns(cells, np.array(lines), "line", True, refusal))

    drafts, found = drafts_in_table(TableFile(names, columns, refusal), results)
    return Contents(drafts, tuple(found.cells), len(rows))


def _rows(text: str, refusal: Refusal) -> tuple[list[int], list[dict[str, Any]]]:
    """The objects, and the line of each; blank lines are passed over."""
    lines: list[int] = []
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        if len(rows) == MOST_ROWS:
            raise refusal(f"has more than {MOST_ROWS:,} lines; split it")
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            why = printable(str(error))
            raise refusal(f"line {number:,} is no complete JSON ({why}); correct it") from None
        if not isinstance(row, dict):
            raise refusal(f'line {number:,} is no JSON object; write one a line: {{"step": 0, …}}')
        lines.append(number)
        rows.append(row)
    return lines, rows
