"""Results that others recorded: files of arrays, tables or events, read as runs with histories.

A spec with a ``[results]`` table trains nothing: its runs are those that are in the files. Nothing
is executed, unpickled or written.
"""

from grokspec.recorded.reading import read_recorded
from grokspec.recorded.recording import RecordedRun, Recording, Source
from grokspec.recorded.results_table import RecordedResults

__all__ = ["RecordedResults", "RecordedRun", "Recording", "Source", "read_recorded"]
