"""A dataset in a file, as it is in memory: what one process hands to another.

The file is numpy's npz: an array for each variable, and a header in JSON with all else. Nothing is
pickled, so reading one executes nothing.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from pydantic import BaseModel, ValidationError

from grokspec.errors import GrokspecError
from grokspec.files.regular import open_regular

HEADER = "header"

Scalar = bool | int | float | str | None


class _Variable(BaseModel):
    """A variable whose values are an array of the file, or these objects."""

    name: str
    dims: tuple[str, ...]
    is_coordinate: bool
    attrs: dict[str, Any]
    objects: list[Scalar] | None = None
    """The values of an array of objects, flat."""
    shape: tuple[int, ...]


class _Header(BaseModel):
    variables: tuple[_Variable, ...]
    attrs: dict[str, Any]


def write_dataset(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset to a file whose name ends in ".npz".

    Numbers, texts, times and truth values keep their type and their bits. Arrays of objects may
    have such values one by one, and None. In attributes, arrays become lists, and what JSON does
    not know becomes text. Raises a GrokspecError for objects of other types.
    """
    arrays: dict[str, Any] = {}
    variables = []
    for i, (name, variable) in enumerate(dataset.variables.items()):
        values = variable.to_numpy()
        has_objects = values.dtype.kind == "O"
        if not has_objects:
            arrays[_member(i)] = values
        variables.append(
            _Variable(
                name=str(name),
                dims=tuple(map(str, variable.dims)),
                is_coordinate=name in dataset.coords,
                attrs=_plain(variable.attrs),
                objects=[_scalar(name, v) for v in values.ravel()] if has_objects else None,
                shape=values.shape,
            )
        )
    header = _Header(variables=tuple(variables), attrs=_plain(dataset.attrs))
    text = json.dumps(header.model_dump()).encode()
    arrays[HEADER] = np.frombuffer(text, np.uint8)
    np.savez(path, **arrays)


def read_dataset(path: Path) -> xr.Dataset:
    """Read what `write_dataset` wrote. Raises a GrokspecError if the file is something else."""
    try:
        with open_regular(path) as file, np.load(file, allow_pickle=False) as parts:
            header = _Header.model_validate(json.loads(parts[HEADER].tobytes()))
            found = {v.name: _read(v, parts, i) for i, v in enumerate(header.variables)}
    except OSError as error:
        raise GrokspecError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, EOFError, ValidationError, zipfile.BadZipFile) as error:
        raise GrokspecError(
            f"{path}: is no dataset that grokspec wrote ({error}); `grokspec.judge` writes one"
        ) from error
    coordinates = {v.name for v in header.variables if v.is_coordinate}
    return xr.Dataset(
        {name: variable for name, variable in found.items() if name not in coordinates},
        {name: variable for name, variable in found.items() if name in coordinates},
        header.attrs,
    )


def _member(i: int) -> str:
    """The name of a variable's array in the file; names of variables may be anything."""
    return f"variable{i}"


def _read(variable: _Variable, parts: Mapping[str, np.ndarray], i: int) -> xr.Variable:
    if variable.objects is None:
        return xr.Variable(variable.dims, parts[_member(i)], variable.attrs)
    values = np.empty(len(variable.objects), dtype=object)
    values[:] = variable.objects
    return xr.Variable(variable.dims, values.reshape(variable.shape), variable.attrs)


def _scalar(name: object, value: Any) -> Scalar:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, Scalar):
        return plain
    raise GrokspecError(
        f"{name}: has a {type(plain).__name__}, {plain!r}; only numbers, texts, True, False and "
        "None can be written"
    )


def _plain(value: Any) -> Any:
    """An attribute as JSON has it."""
    if isinstance(value, np.generic | np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, Scalar) else str(value)
