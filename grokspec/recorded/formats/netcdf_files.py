"""Datasets in netCDF files: the classic format, or version 4, which is HDF5."""

from __future__ import annotations

import io

from grokspec.files.arrays import printable
from grokspec.files.inputs import InputFile
from grokspec.recorded.datasets import drafts_in_dataset
from grokspec.recorded.formats import Contents, refusal_of, require
from grokspec.recorded.results_table import RecordedResults

CLASSIC, HDF5 = b"CDF", b"\x89HDF\r\n\x1a\n"
"""How files of the two formats begin."""


def read(file: InputFile, results: RecordedResults) -> Contents:
    """The runs in a netCDF file."""
    import xarray

    refusal = refusal_of(file)
    content = file.content()
    if not content.startswith((CLASSIC, HDF5)):
        raise refusal("is no netCDF file; xarray's to_netcdf writes one")
    if content.startswith(HDF5):
        require("h5netcdf", "netcdf", refusal)
    engine = "h5netcdf" if content.startswith(HDF5) else "scipy"
    try:
        dataset = xarray.open_dataset(io.BytesIO(content), engine=engine, decode_times=False)
    except Exception as error:  # a damaged file may raise anything
        why = printable(str(error)) or type(error).__name__
        raise refusal(f"is not a complete netCDF file ({why}); write it again") from error
    with dataset:
        drafts, names = drafts_in_dataset(dataset, results, refusal)
    return Contents(drafts, names)
