"""Input files that a spec names: the path of each, and the hash of its content when it was read.

A field of type `InputFile` takes a path relative to the folder of the spec file in which it is
written, whatever the working directory is and whichever file extends that one. The identity of a
run depends on the file's content, not on its name or folder.

The content decides, and never a time, a size or a name: a file is read and hashed each time a spec
is read, and again whenever its numbers are used.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from grokspec.errors import GrokspecError, nearest
from grokspec.files.regular import open_regular, reason
from grokspec.kinds import invalid

CHUNK = 2**20
"""How many bytes are hashed at a time."""

Stamp = tuple[int, int, int, int]

T = TypeVar("T")


class SpecText(str):
    """Text from a spec file, with the file's folder, to which paths are relative.

    ``found`` is the file that the text names, once it was read. So all points of a sweep have the
    same content, which is read once, and the next reading of the spec file looks anew.
    """

    folder: Path
    found: InputFile | None = None

    @classmethod
    def within(cls, folder: Path, value: Any) -> Any:
        """A copy of a value from a spec file in this folder, with every text made a SpecText."""
        if isinstance(value, dict):
            return {key: cls.within(folder, inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [cls.within(folder, inner) for inner in value]
        if not isinstance(value, str):
            return value
        text = cls(value)
        text.folder = folder
        return text


class FileError(GrokspecError):
    """What is wrong with a file; ``reason`` is the message without the path."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason

    def __reduce__(self) -> tuple[type[FileError], tuple[Path, str]]:
        return FileError, (self.path, self.reason)  # for pickling


@dataclass(frozen=True)
class InputFile:
    """A file as it was when the spec that names it was read.

    ``name`` is the path as written, ``path`` the absolute path, ``sha256`` the hash of the content
    in hex, the only part that is in a run's identity.
    """

    name: str
    path: Path
    sha256: str

    @classmethod
    def find(cls, name: str, folder: Path | None = None) -> InputFile:
        """The file at a path relative to a folder, by default the working directory.

        Raises a FileError if it cannot be read.
        """
        path = _located(name, folder or Path())
        return cls(str(name), path, file_hash(path))

    def __str__(self) -> str:
        return self.name

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[BinaryIO]:
        """The open file. Raises a FileError if it has changed since the spec was read."""
        with opened(self.path) as file:
            self._compare(_hash(file))
            file.seek(0)
            yield file

    def content(self) -> bytes:
        """Its content. Raises a FileError if it has changed since the spec was read."""
        with opened(self.path) as file:
            content = file.read()
        self._compare(hashlib.sha256(content).hexdigest())
        return content

    def _compare(self, sha256: str) -> None:
        if sha256 != self.sha256:
            raise FileError(
                self.path,
                "has changed since the spec that names it was read "
                f"(sha256 {self.sha256[:8]}… then, {sha256[:8]}… now); run again",
            )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validated,
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda file: f"sha256:{file.sha256}", when_used="json"
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}

    @classmethod
    def _validated(cls, value: Any) -> InputFile:
        if isinstance(value, InputFile):
            return value
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "must be text in quotes")
        if isinstance(value, SpecText) and value.found is not None:
            return value.found
        try:
            file = cls.find(value, getattr(value, "folder", None))
        except FileError as error:
            raise invalid(error.reason) from None
        if isinstance(value, SpecText):
            value.found = file
        return file


def found_in(value: Any, wanted: type[T]) -> Iterator[T]:
    """What is of a type in the value of a field, and in all that stands in it."""
    if isinstance(value, wanted):
        yield value
    inner: Any = ()
    if isinstance(value, BaseModel | dict):
        inner = (vars(value) if isinstance(value, BaseModel) else value).values()
    elif isinstance(value, list | tuple | set | frozenset):
        inner = value
    for element in inner:
        yield from found_in(element, wanted)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A regular file, open. Raises a FileError if it is none, or cannot be read."""
    try:
        with open_regular(path) as file:
            yield file
    except OSError as error:
        raise FileError(path, reason(path, error)) from error


def file_hash(path: Path) -> str:
    """The sha256 of a file's content in hex."""
    with opened(path) as file:
        return _hash(file)


def stamp(path: Path) -> Stamp:
    """What changes when a file is written, as far as the clock of its disk can tell two writes.

    That is a few milliseconds, or two seconds on FAT.
    """
    status = path.stat()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def _hash(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _located(name: str, folder: Path) -> Path:
    """The absolute path of an existing file. Raises a FileError otherwise."""
    if not name or "\0" in name:
        raise FileError(folder, 'is not a path; write one, such as "data.npz"')
    try:
        path = Path(os.path.abspath(folder / Path(name).expanduser()))
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise FileError(path, f"no such file{_like(path)}") from None
    except (OSError, RuntimeError) as error:  # RuntimeError: ~name without such a user
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(Path(name), f"cannot be read: {reason}") from None
    if stat.S_ISDIR(mode):
        raise FileError(path, "is a folder; name one file in it")
    if not stat.S_ISREG(mode):
        raise FileError(path, "is a device or a pipe; name a file, which can be read twice")
    return path


def _like(path: Path) -> str:
    """The folder that was searched, and the name in it that is most similar."""
    folder = path.parent
    if not folder.is_dir():
        return f"; there is no folder {folder} either"
    try:
        there = [other.name for other in folder.iterdir() if other.is_file()]
    except OSError:
        there = []
    match = nearest(path.name, there)
    return f' in {folder}; did you mean "{match}"?' if match else f" in {folder}"
