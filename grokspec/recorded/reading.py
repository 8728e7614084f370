"""Reading results that others recorded: from the ``[results]`` table of a spec to its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from grokspec.errors import GrokspecError
from grokspec.files.inputs import FileError, InputFile
from grokspec.formatting import count, exact
from grokspec.recorded.bounds import MOST_MISTAKES, MOST_ROWS, MOST_RUNS
from grokspec.recorded.drafts import Draft, require_named_axes, without_gaps
from grokspec.recorded.formats import (
    Reader,
    array_files,
    csv_files,
    event_folders,
    jsonl_files,
    netcdf_files,
    parquet_files,
    refusal_of,
    zarr_folders,
)
from grokspec.recorded.hashing import hashed
from grokspec.recorded.joining import joined
from grokspec.recorded.matching import Match, matches_of
from grokspec.recorded.patterns import SEED
from grokspec.recorded.recording import RecordedRun, Recording, Scalar, Source
from grokspec.recorded.results_table import RecordedResults
from grokspec.recorded.values import ValueRefusedError, is_same, labels_of_names

READERS: dict[str, Reader] = {
    ".npz": array_files.read,
    ".safetensors": array_files.read,
    ".csv": csv_files.read,
    ".csv.gz": csv_files.read,
    ".tsv": csv_files.read,
    ".tsv.gz": csv_files.read,
    ".jsonl": jsonl_files.read,
    ".jsonl.gz": jsonl_files.read,
    ".parquet": parquet_files.read,
    ".nc": netcdf_files.read,
    ".zarr": zarr_folders.read,
}
"""How the files of each ending are read; TensorBoard's events are known by how they begin."""

FOLDERS = (".zarr",)
"""The endings of folders that are read as a file."""

LabelsInNames = Mapping[str, Mapping[str, Scalar]]
"""For each axis in the names of files, the value that each text stands for."""


def read_recorded(results: RecordedResults) -> Recording:
    """The runs that were recorded in the files of a ``[results]`` table.

    They are in the order of their coordinates, numbers ascending, and of their seeds, whatever the
    order of files and rows. Raises a GrokspecError with what is wrong in each file.
    """
    matches = matches_of(results)
    labels = _labels_in_names(matches, results)
    mistakes: dict[str, list[Path]] = {}
    found: list[list[RecordedRun]] = []
    for match in matches:
        try:
            found.append(_runs_in(match, labels, results))
        except FileError as error:
            mistakes.setdefault(error.reason, []).append(error.path)
            if len(mistakes) == MOST_MISTAKES:
                break
        _require_not_too_many(found)
    if mistakes:
        raise GrokspecError(*(_mistake(*mistake) for mistake in mistakes.items()))
    sources = tuple(own[0].source for own in found)
    return Recording(joined([run for own in found for run in own]), sources)


def _runs_in(match: Match, labels: LabelsInNames, results: RecordedResults) -> list[RecordedRun]:
    """The runs in a file; there is at least one. Raises a FileError."""
    read = _reader(match.path)
    file = hashed(match)
    refusal = refusal_of(file)
    contents = read(file, results)
    source = Source(file.name, file.path, file.sha256, contents.rows, contents.columns)
    if not contents.drafts:
        raise refusal("has no runs, only NaN; remove the file, or read other quantities")
    for draft in contents.drafts:
        require_named_axes(draft, results, refusal)
    located = (_located(draft, match, labels, results, file) for draft in contents.drafts)
    drafts = (without_gaps(draft, results, refusal) for draft in located)
    return [draft.run(results.quantities, source) for draft in drafts]


def _reader(path: Path) -> Reader:
    """How a file or a folder is read. Raises a FileError if that is not known."""
    name = path.name.lower()
    ending = next((ending for ending in READERS if name.endswith(ending)), None)
    is_folder = path.is_dir()
    if event_folders.is_event_file(path) or (is_folder and event_folders.has_events(path)):
        return event_folders.read
    if ending and is_folder == (ending in FOLDERS):
        return READERS[ending]
    if is_folder:
        raise FileError(path, "is a folder without event files; match the files in it")
    raise FileError(path, f"is in no known format; its name must end in {', '.join(READERS)}")


def _labels_in_names(matches: Sequence[Match], results: RecordedResults) -> LabelsInNames:
    found = {}
    for axis in results.files.names:
        texts = list(dict.fromkeys(match.values[axis] for match in matches))
        try:
            found[axis] = labels_of_names(axis, texts)
        except ValueRefusedError as error:
            raise GrokspecError(f"{{{axis}}} in the names of the files: {error}") from None
    return found


def _located(
    draft: Draft, match: Match, labels: LabelsInNames, results: RecordedResults, file: InputFile
) -> Draft:
    """A draft with what the file's name says, in the order of the axes."""
    in_name = {axis: labels[axis][text] for axis, text in match.values.items()}
    seed = in_name.pop(SEED, None)
    for axis, value in in_name.items():
        inside = draft.coordinates.get(axis, value)
        if not is_same(inside, value) and inside != match.values[axis]:
            raise FileError(
                file.path,
                f"has {axis} = {exact(value)} in its name, but {exact(inside)} inside; correct one "
                f"of them, or write * for {{{axis}}}",
            )
    coordinates = in_name | draft.coordinates
    own = draft.seed if draft.seed is not None else int(seed or 0)
    return draft.at({axis: coordinates[axis] for axis in results.axis_names}, own)


def _mistake(reason: str, paths: Sequence[Path]) -> str:
    """What is wrong with a file, or with several in the same way."""
    others = f" (and {count(len(paths) - 1, 'other file')})" if len(paths) > 1 else ""
    return f"{paths[0]}{others}: {reason}"


def _require_not_too_many(found: Sequence[Sequence[RecordedRun]]) -> None:
    runs = sum(map(len, found))
    records = sum(len(run.history.steps) for own in found for run in own)
    if runs > MOST_RUNS or records > MOST_ROWS:
        raise GrokspecError(
            f"more than {MOST_RUNS:,} runs, or {MOST_ROWS:,} records, in the first "
            f"{len(found):,} files; write more of their names"
        )
