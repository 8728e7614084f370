"""The formats of files with results, one file a format: what is read is runs and how it was done.

Nothing in a file is executed or unpickled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from grokspec.files.inputs import FileError, InputFile
from grokspec.recorded.drafts import Draft
from grokspec.recorded.results_table import RecordedResults
from grokspec.recorded.values import Refusal


@dataclass(frozen=True)
class Contents:
    """The runs of a file, and the columns, arrays or tags that they were read from.

    ``rows`` are those of a table, 0 for arrays.
    """

    drafts: list[Draft]
    columns: tuple[str, ...]
    rows: int = 0


Reader = Callable[[InputFile, RecordedResults], Contents]
"""Reads the runs of a file. Raises a FileError with what is wrong, however damaged it is."""


def require(module: str, extra: str, refusal: Refusal) -> None:
    """Raise a refusal unless a module that a format needs is installed."""
    if find_spec(module) is None:
        raise refusal(f'needs {module}; install it with `pip install "grokspec[{extra}]"`')


def refusal_of(file: InputFile) -> Callable[[str], FileError]:
    """From what is wrong with a file to the error that names it."""
    return lambda reason: FileError(file.path, reason)
