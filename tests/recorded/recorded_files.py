"""Files as others record results, and how a spec reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from grokspec.errors import GrokspecError
from grokspec.files.inputs import SpecText
from grokspec.recorded import RecordedResults, Recording, read_recorded

LONG: dict[str, Any] = {
    "files": "*.csv",
    "step": "step",
    "seed": "seed",
    "axes": ["alpha"],
    "quantities": {"train_loss": "loss/train"},
}
"""Reads tables with a row for each run and step."""


def table(folder: Path, /, **fields: Any) -> RecordedResults:
    """The ``[results]`` table of a spec in a folder; without a field whose value is None."""
    given = {name: value for name, value in (LONG | fields).items() if value is not None}
    return RecordedResults.model_validate(SpecText.within(folder, given))


def recording(folder: Path, /, **fields: Any) -> Recording:
    """What is read with this table."""
    return read_recorded(table(folder, **fields))


def mistake(folder: Path, /, **fields: Any) -> str:
    """Why nothing is read with this table."""
    with pytest.raises(GrokspecError) as caught:
        recording(folder, **fields)
    return str(caught.value)


def points(read: Recording) -> list[tuple[Any, ...]]:
    """The values on all axes and the seed of each run."""
    return [(*run.coordinates.values(), run.seed) for run in read.runs]


def values(read: Recording, quantity: str = "train_loss") -> list[Any]:
    """A quantity of each run."""
    return [run.history.quantities[quantity].tolist() for run in read.runs]
