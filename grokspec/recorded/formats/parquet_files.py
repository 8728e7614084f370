"""Tables in Parquet, as pandas, polars and others write them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from grokspec.files.arrays import printable
from grokspec.files.inputs import InputFile
from grokspec.recorded.bounds import MOST_COLUMNS, MOST_ROWS
from grokspec.recorded.columns import Columns, TableFile, objects
from grokspec.recorded.formats import Contents, refusal_of, require
from grokspec.recorded.lists import with_a_row_each
from grokspec.recorded.results_table import RecordedResults
from grokspec.recorded.tables import drafts_in_table
from grokspec.recorded.values import Refusal

if TYPE_CHECKING:
    import numpy as np
    import pyarrow
    from pyarrow.parquet import ParquetFile


def read(file: InputFile, results: RecordedResults) -> Contents:
    """The runs in a Parquet file."""
    refusal = refusal_of(file)
    require("pyarrow", "parquet", refusal)
    table = _opened(file, refusal)
    names, count = tuple(table.schema_arrow.names), table.metadata.num_rows
    if len(names) > MOST_COLUMNS or count > MOST_ROWS:
        raise refusal(
            f"has {len(names):,} columns and {count:,} rows, and may have {MOST_COLUMNS:,} and "
            f"{MOST_ROWS:,}; split it"
        )

    def columns(wanted: Sequence[str]) -> Columns:
        import numpy as np

        try:
            found = table.read(columns=list(wanted))
            cells = {name: _cells(found.column(name)) for name in wanted}
        except Exception as error:  # a damaged file may raise anything
            raise _damaged(error, refusal) from error
        places = np.arange(1, count + 1)
        return with_a_row_each(Columns(cells, places, "row", True, refusal))

    drafts, read_columns = drafts_in_table(TableFile(names, columns, refusal), results)
    return Contents(drafts, tuple(read_columns.cells), count)


def _opened(file: InputFile, refusal: Refusal) -> ParquetFile:
    from pyarrow.parquet import ParquetFile

    content = file.content()
    try:
        return ParquetFile(io.BytesIO(content))
    except Exception as error:
        raise _damaged(error, refusal) from error


def _damaged(error: Exception, refusal: Refusal) -> Exception:
    return refusal(f"is not a complete Parquet file ({printable(str(error))}); write it again")


def _cells(column: pyarrow.ChunkedArray) -> np.ndarray:
    """The cells of a column: numbers as they are, all else as Python's objects."""
    import pyarrow.types as types

    if types.is_floating(column.type) or (types.is_integer(column.type) and not column.null_count):
        found: np.ndarray = column.to_numpy()
        return found
    return objects(column.to_pylist())
