"""Reading results that others recorded: from the ``[results]`` table of a spec to its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from grokspec.errors import GrokspecError
from grokspec.files.inputs import FileError, InputFile
from grokspec.formatting import amount, count, exact
from grokspec.recorded.bounds import MOST_BYTES, MOST_MISTAKES, MOST_ROWS, MOST_RUNS
from grokspec.recorded.drafts import Draft, without_gaps
from grokspec.recorded.formats import Reader, array_files, csv_files, refusal_of
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
}
"""How the files of each ending are read."""

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
    file = _file(match)
    refusal = refusal_of(file)
    contents = _reader(file)(file, results)
    source = Source(file.name, file.path, file.sha256, contents.rows, contents.columns)
    if not contents.drafts:
        raise refusal("has no runs, only NaN; remove the file, or read other quantities")
    located = (_located(draft, match, labels, results, file) for draft in contents.drafts)
    drafts = (without_gaps(draft, results, refusal) for draft in located)
    return [draft.run(results.quantities, source) for draft in drafts]


def _file(match: Match) -> InputFile:
    path = match.path
    try:
        size = path.stat().st_size
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror or error}") from None
    if size > MOST_BYTES:
        raise FileError(
            path, f"has {amount(size, 'B')}, more than {amount(MOST_BYTES, 'B')}; split it"
        )
    found = InputFile.find(str(path))
    return InputFile(match.name, found.path, found.sha256)


def _reader(file: InputFile) -> Reader:
    name = file.path.name.lower()
    if ending := next((ending for ending in READERS if name.endswith(ending)), None):
        return READERS[ending]
    raise FileError(file.path, f"is in no known format; its name must end in {', '.join(READERS)}")


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
