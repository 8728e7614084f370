"""A stack to train on another machine, packed together with the files that its runs name.

A run knows files by their paths where its spec was read: input files, and the Python files of its
kinds and functions with those beside them. Their contents travel, each once to a worker, which
keeps them in a folder of its own. As the stack is unpacked, the paths become those in this folder.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokspec.files.atomic import write_whole
from grokspec.files.inputs import InputFile, found_in
from grokspec.files.program import Program
from grokspec.store.fingerprint import files_of

if TYPE_CHECKING:
    from grokspec.spec import Run


class LacksFilesError(Exception):
    """Files that have not come to a worker yet, by their places."""

    def __init__(self, places: Collection[str]) -> None:
        super().__init__(*places)
        self.places = tuple(places)


@dataclass(frozen=True)
class Luggage:
    """Something packed, and the places of the files that it needs."""

    content: bytes
    places: tuple[str, ...]


def files_named(runs: Sequence[Run]) -> dict[Path, str]:
    """The files that runs name, each with its place: below a hash of what belongs together.

    Raises a FileError if a Python file cannot be read.
    """
    found: dict[Path, str] = {}
    for run in runs:
        for file in found_in(run.experiment, InputFile):
            found[file.path] = f"{file.sha256}/{file.path.name}"
        for path in files_of(run.experiment):
            if path not in found:
                program = Program.read(path)
                for module, file_path in program.files.items():
                    found[file_path] = f"{program.digest}/{program.label(module)}"
    return found


def pack(content: Any, files: Mapping[Path, str]) -> Luggage:
    """Pickle something in which these files are named by their paths."""
    packed = io.BytesIO()
    _Packer(packed, files).dump(content)
    return Luggage(packed.getvalue(), tuple(sorted(set(files.values()))))


def unpack(luggage: Luggage, folder: Path) -> Any:
    """What was packed, with its files in this folder.

    Raises a LacksFilesError if some are not there, and whatever unpickling raises if this process
    lacks the code.
    """
    if lacking := [place for place in luggage.places if not (folder / place).is_file()]:
        raise LacksFilesError(lacking)
    return _Unpacker(io.BytesIO(luggage.content), folder).load()


def put(files: Mapping[str, bytes], folder: Path) -> None:
    """Write files to their places in a folder."""
    for place, content in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)


class _Packer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, files: Mapping[Path, str]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._files = files

    def persistent_id(self, obj: Any) -> str | None:
        return self._files.get(obj) if isinstance(obj, Path) else None


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, folder: Path) -> None:
        super().__init__(file)
        self._folder = folder

    def persistent_load(self, place: str) -> Path:
        return self._folder / place
