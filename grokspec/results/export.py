"""Results as files of other programs: tidy tables in CSV, JSON lines and Parquet."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grokspec.errors import GrokspecError
from grokspec.files.atomic import explained, write_whole
from grokspec.formatting import exact
from grokspec.results.tables import Column, chosen_quantities, columns_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from grokspec.results.results import Results

Columns = Mapping[str, Column]
About = Mapping[str, Any]
"""What the whole table is about, in JSON's types."""

METADATA = b"grokspec"
"""The key of what a table is about in the metadata of Parquet."""


def export(results: Results, file: Path, each: str, quantities: Collection[str] | None) -> Path:
    """Write results as a table; see `Results.export`."""
    written = format_of(file)
    chosen = chosen_quantities(results.histories, quantities)
    found = columns_of(results.spec, results.histories, each, chosen)
    columns = {name: _of_one_sort(column) for name, column in found.items()}
    with explained(f"{file}: cannot be written"):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, written(columns, _about(results, each)))
    return file


def format_of(file: Path) -> Callable[[Columns, About], bytes]:
    """How a file of that name is written.

    Raises a GrokspecError if its ending is none of the `FORMATS`, it is a folder, or a library is
    missing.
    """
    name = file.name.lower()
    ending = next((ending for ending in FORMATS if name.endswith(ending)), None)
    if ending is None:
        *others, last = FORMATS
        raise GrokspecError(f"{file}: a table is written as {', '.join(others)} or {last}")
    if file.is_dir():
        raise GrokspecError(f"{file} is a folder; name a file")
    if ending == ".parquet":
        _require_parquet()
    return FORMATS[ending]


def _csv(columns: Columns, about: About) -> bytes:
    """What is absent is empty, and NaN is ``NaN``."""
    text = _in_pandas(columns, "").to_csv(index=False, na_rep="NaN", lineterminator="\n")
    return text.encode()


def _csv_gz(columns: Columns, about: About) -> bytes:
    return gzip.compress(_csv(columns, about), 6, mtime=0)  # the same table, the same bytes


def _jsonl(columns: Columns, about: About) -> bytes:
    """What is absent is null, as NaN is."""
    from grokspec.results.table_files import JsonLines

    return JsonLines().written(_in_pandas(columns, None))


def _parquet(columns: Columns, about: About) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {name: _in_arrow(column) for name, column in columns.items()}
    fields = [
        pa.field(
            name, array.type, metadata={"path": columns[name].path} if columns[name].path else None
        )
        for name, array in arrays.items()
    ]
    schema = pa.schema(fields, metadata={METADATA: json.dumps(about)})
    file = io.BytesIO()
    pq.write_table(pa.table(list(arrays.values()), schema=schema), file)
    return file.getvalue()


FORMATS: dict[str, Callable[[Columns, About], bytes]] = {
    ".csv": _csv,
    ".csv.gz": _csv_gz,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
"""How a table is written, by the ending of its file."""


def _of_one_sort(column: Column) -> Column:
    """A column; if it has labels of several sorts, such as 0.5 and "none", all are texts."""
    if column.values.dtype != object or len({type(v) for v in column.values} - {type(None)}) < 2:
        return column
    texts = [None if value is None else exact(value) for value in column.values]
    return replace(column, values=np.array(texts, dtype=object))


def _in_pandas(columns: Columns, absent: Any) -> pd.DataFrame:
    """Columns as pandas writes them, with ``absent`` for what is not there."""
    import pandas as pd

    found = {}
    for name, column in columns.items():
        values = column.values
        if column.absent is not None:
            values = values.astype(object)
            values[column.absent] = absent
        found[name] = pd.Series(values, dtype=values.dtype)
    return pd.DataFrame(found)


def _in_arrow(column: Column) -> pa.Array:
    """A column in its own type; null is what is absent, and NaN stays NaN."""
    import pyarrow as pa

    array = pa.array(column.values, mask=column.absent, from_pandas=False)
    return array.dictionary_encode() if pa.types.is_string(array.type) else array


def _require_parquet() -> None:
    """Raise a GrokspecError unless Parquet's library is installed."""
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise GrokspecError(
            'Parquet files need pyarrow; install it with `pip install "grokspec[parquet]"`, or '
            "write .csv"
        )


def _about(results: Results, each: str) -> About:
    made = [p.model_dump(exclude={"flops", "created"}) for p in results.provenances]
    recording = results.spec.recording
    return {
        "spec": results.spec.name,
        "profile": results.spec.profile,
        "each": each,
        "written_by": f"grokspec {version('grokspec')}",
        "made_by": [made[i] for i in range(len(made)) if made[i] not in made[:i]],
        "read_from": {s.name: s.sha256 for s in recording.sources} if recording else {},
        "stale": list(results.stale),
    }
