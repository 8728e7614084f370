"""TOML files that declare something other than a spec, read as pydantic models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from grokspec.errors import GrokspecError, Mistake
from grokspec.spec.source import KeyPath, Part, SourceFile, read_source

M = TypeVar("M", bound=BaseModel)


def read_declarations(
    path: Path, model: type[M], remedies: Mapping[str, str]
) -> tuple[SourceFile, M]:
    """Read a TOML file as a model. Raises a GrokspecError with every mistake at its place.

    ``remedies`` are messages for keys at the top of the file, and for pydantic's types of errors,
    whose own messages name no remedy.
    """
    source = read_source(path, empty="the file is empty")
    try:
        return source, model.model_validate(source.data)
    except ValidationError as error:
        raise GrokspecError(
            *(_mistake(source, each, remedies) for each in error.errors())
        ) from None


def _mistake(source: SourceFile, error: ErrorDetails, remedies: Mapping[str, str]) -> Mistake:
    path: KeyPath = error["loc"]
    part: Part = "key" if error["type"] in ("missing", "extra_forbidden") else "value"
    name = ".".join(str(step) for step in path if isinstance(step, str))
    own = error["msg"][:1].lower() + error["msg"][1:]
    at_the_top = name if len(path) == 1 else ""
    message = remedies.get(at_the_top) or remedies.get(error["type"], own)
    return source.mistake(f"{name}: {message}", _existing(source.data, path), part)


def _existing(data: Any, path: KeyPath) -> KeyPath:
    """The part of a path that exists in the data."""
    for length, step in enumerate(path):
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return path[:length]
    return path
