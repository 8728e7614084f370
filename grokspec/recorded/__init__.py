"""Results that others recorded: files of arrays, tables or events, read as runs with histories.

A spec with a ``[results]`` table trains nothing: its runs are those that are in the files. Nothing
is executed, unpickled or written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grokspec.recorded.recording import RecordedRun, Recording, Source
from grokspec.recorded.results_table import RecordedResults

if TYPE_CHECKING:
    from grokspec.recorded.reading import read_recorded

__all__ = ["RecordedResults", "RecordedRun", "Recording", "Source", "read_recorded"]


def __getattr__(name: str) -> Any:  # lazy, as few specs are of results
    if name != "read_recorded":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from grokspec.recorded import reading

    return reading.read_recorded
