"""Datasets in Zarr folders. Objects in them are refused, as Zarr would unpickle them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from grokspec.files.arrays import printable
from grokspec.files.inputs import InputFile
from grokspec.files.regular import read_regular
from grokspec.recorded.datasets import drafts_in_dataset
from grokspec.recorded.formats import Contents, refusal_of, require
from grokspec.recorded.results_table import RecordedResults
from grokspec.recorded.values import Refusal

METADATA = (".zarray", ".zgroup", ".zmetadata", "zarr.json")
"""The files that say how the others are coded."""

LONGEST_METADATA = 50_000_000
"""Bytes in such a file."""


def read(file: InputFile, results: RecordedResults) -> Contents:
    """The runs in a Zarr folder."""
    refusal = refusal_of(file)
    require("zarr", "zarr", refusal)
    _require_no_objects(file.path, refusal)
    import xarray

    try:
        dataset = xarray.open_zarr(file.path, chunks=None, decode_times=False, consolidated=False)
    except Exception as error:  # a damaged folder may raise anything
        raise _damaged(error, refusal) from error
    drafts, names = drafts_in_dataset(dataset, results, refusal)
    return Contents(drafts, names)


def _damaged(error: Exception, refusal: Refusal) -> Exception:
    why = printable(str(error)) or type(error).__name__
    return refusal(f"is not a complete Zarr folder ({why}); write it again")


def _require_no_objects(folder: Path, refusal: Refusal) -> None:
    """Raise a refusal if an array is coded in a way that executes what is in it."""
    for path in sorted(folder.rglob("*")):
        if path.name not in METADATA:
            continue
        try:
            metadata = json.loads(read_regular(path, LONGEST_METADATA))
        except (OSError, ValueError, RecursionError) as error:
            raise _damaged(error, refusal) from error
        if _mentions_pickle(metadata):
            raise refusal(
                f"{path.relative_to(folder)} says that an array has objects, which would have to "
                "be unpickled; save it as numbers"
            )


def _mentions_pickle(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_mentions_pickle, value.values()))
    if isinstance(value, list):
        return any(map(_mentions_pickle, value))
    return isinstance(value, str) and value.rpartition(".")[2].lower() == "pickle"
