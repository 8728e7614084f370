"""The hash of a file, or of all files in a folder that is read as one."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path

from grokspec.files.inputs import FileError, InputFile, file_hash
from grokspec.formatting import amount
from grokspec.recorded.bounds import MOST_BYTES, MOST_ENTRIES
from grokspec.recorded.matching import Match


def hashed(match: Match) -> InputFile:
    """What a pattern matched, with the hash of its content.

    Raises a FileError if it is too large, or cannot be read.
    """
    path = match.path
    files = _files_in(path) if path.is_dir() else [path]
    try:
        size = sum(file.stat().st_size for file in files)
    except OSError as error:
        raise FileError(path, f"cannot be read: {error.strerror or error}") from None
    if size > MOST_BYTES:
        raise FileError(
            path, f"has {amount(size, 'B')}, more than {amount(MOST_BYTES, 'B')}; split it"
        )
    return InputFile(match.name, path, _hash_of(path, files))


def _files_in(folder: Path) -> list[Path]:
    """All files in a folder and those in it, by their path."""
    found = list(itertools.islice(folder.rglob("*"), MOST_ENTRIES + 1))
    if len(found) > MOST_ENTRIES:
        raise FileError(folder, f"has more than {MOST_ENTRIES:,} files; name the folders of runs")
    return sorted(path for path in found if not path.is_dir())


def _hash_of(path: Path, files: list[Path]) -> str:
    """The hash of one file, or of the names and the hashes of several."""
    if files == [path]:
        return file_hash(path)
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file_hash(file)} {file.relative_to(path).as_posix()}\n".encode())
    return digest.hexdigest()
