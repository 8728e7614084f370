"""Opening an archive: everything in it is checked before anything of it is used.

Nothing is extracted by the zip's own names: only files that the manifest lists are read, under
names that stay in a folder, each as long as it says and with the hash that it says.
"""

from __future__ import annotations

import hashlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from pydantic import BaseModel, ValidationError

from grokspec.errors import GrokspecError, visible
from grokspec.files.inputs import CHUNK
from grokspec.files.regular import open_regular, reason
from grokspec.formatting import amount, shown_path
from grokspec.store.archive.contents import (
    CHECKSUMS,
    DESCRIPTION,
    LAYOUT,
    MANIFEST,
    MARKER,
    SHARDS,
    STORE,
    WEIGHTS,
    Manifest,
    PackedFile,
    unpacked_name,
)
from grokspec.store.archive.names import clash, why_refused
from grokspec.store.folder import LAYOUT as STORE_LAYOUT
from grokspec.store.folder import SHARD
from grokspec.store.shard import Entry, NotAShardError, shard_in

MOST_FILES = 500_000
"""How many files an archive may have."""

LONGEST_DIRECTORY = 2**28
"""In bytes, of the list of files at the end of a zip, which is read as a whole."""

LONGEST_MANIFEST = 2**28
"""In bytes."""

MOST_GROWTH, SPARE = 50, 2**24
"""All files together are at most so many times as large as the archive, and so many bytes more.
Results are stored uncompressed; zipped anew, JSON shrinks to a tenth."""

END, END_64, LOCATOR_64 = b"PK\5\6", b"PK\6\6", b"PK\6\7"
"""What the records at the end of a zip begin with."""

UNLISTED = (MANIFEST, DESCRIPTION, CHECKSUMS, "ro-crate-preview.html")
"""Files that the manifest does not list: itself, and those that may be edited or added."""

UNLISTED_FOLDER = "ro-crate-preview_files/"


class _Layout(BaseModel):
    layout: int


@dataclass(frozen=True)
class Archive:
    """An archive that is open, with its list of contents."""

    path: Path
    manifest: Manifest
    zip: zipfile.ZipFile

    @contextmanager
    def opened(self, file: PackedFile) -> Iterator[CheckedFile]:
        """A file in it. Raises a GrokspecError, when it has been read, if it is another."""
        with self._explained(file.name), self.zip.open(file.name) as content:
            checked = CheckedFile(content, file)
            yield checked
            checked.finish()

    def entries(self) -> tuple[Entry, ...]:
        """All results in it, after a check of every file. Raises a GrokspecError."""
        found: list[Entry] = []
        for file in self.manifest.files:
            with self.opened(file) as content:
                if file.name.startswith(SHARDS):
                    found += shard_in(
                        content, file.size, Path(file.name).relative_to(STORE)
                    ).entries
                elif file.name == MARKER:
                    self._check_store(content.read(CHUNK))
        return tuple(found)

    def below(self, folder: str) -> list[PackedFile]:
        """The files in a folder of it."""
        return [file for file in self.manifest.files if file.name.startswith(folder)]

    def _check_store(self, marker: bytes) -> None:
        if _layout_in(marker) != STORE_LAYOUT:
            raise _refusal(
                self.path, _unknown_layout("its store", _layout_in(marker), STORE_LAYOUT)
            )

    @contextmanager
    def _explained(self, name: str) -> Iterator[None]:
        try:
            yield
        except NotAShardError as error:
            raise _refusal(self.path, f"{name} {error}") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            if isinstance(error, OSError) and error.filename:  # of what is written meanwhile
                raise
            raise _damaged(self.path, name, error) from None


@dataclass
class CheckedFile:
    """A file of an archive that is read from its start on, no further than it may be long."""

    content: IO[bytes]
    expected: PackedFile

    def __post_init__(self) -> None:
        self._digest, self._left = hashlib.sha256(), self.expected.size

    def read(self, size: int, /) -> bytes:
        """The next bytes, as many as asked for unless it ends before."""
        found = self.content.read(min(size, self._left))
        self._digest.update(found)
        self._left -= len(found)
        return found

    def chunks(self) -> Iterator[bytes]:
        """The rest, piece by piece."""
        while found := self.read(CHUNK):
            yield found

    def finish(self) -> None:
        """Read the rest. Raises a BadZipFile if this is not what the list says."""
        for _ in self.chunks():
            pass
        if self._left or self.content.read(1):
            raise zipfile.BadZipFile("it is shorter or longer than its list says")
        if self._digest.hexdigest() != self.expected.sha256:
            raise zipfile.BadZipFile("its checksum is not the one in its list")


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """An archive whose list of contents was checked. Raises a GrokspecError."""
    shown = shown_path(path)
    try:
        file = open_regular(path)
    except FileNotFoundError:
        raise GrokspecError(f"{shown}: no such file") from None
    except OSError as error:
        raise GrokspecError(f"{shown} {reason(path, error)}") from None
    with file:
        try:
            _check_directory(file)
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, struct.error, ValueError, OSError, EOFError) as error:
            raise GrokspecError(
                f"{shown} is no whole zip ({visible(str(error))}); was it cut short? Get it again"
            ) from None
        with archive:
            yield _with_manifest(path, archive)


def _refusal(path: Path, why: str) -> GrokspecError:
    return GrokspecError(visible(f"{shown_path(path)}: {why}"))


def _damaged(path: Path, name: str, error: Exception) -> GrokspecError:
    return _refusal(path, f"{name} is damaged ({error}); get the archive again")


def _check_directory(file: BinaryIO) -> None:
    """Raise a BadZipFile if the list of files at the end is too long to be read."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 2**16 - 1024))
    tail = file.read()
    at = tail.rfind(END)
    if at < 0:
        raise zipfile.BadZipFile("it has no list of files at its end")
    (length,) = struct.unpack_from("<I", tail, at + 12)
    if (locator := tail.rfind(LOCATOR_64, 0, at)) >= 0:
        (place,) = struct.unpack_from("<Q", tail, locator + 8)
        file.seek(min(place, size))
        record = file.read(56)
        if not record.startswith(END_64):
            raise zipfile.BadZipFile("its list of files cannot be found")
        (length,) = struct.unpack_from("<Q", record, 40)
    file.seek(0)
    if length > LONGEST_DIRECTORY:
        raise zipfile.BadZipFile(f"its list of files has {length:,} bytes")


def _with_manifest(path: Path, archive: zipfile.ZipFile) -> Archive:
    """The archive, after a check of the names and sizes of its files and of their list."""
    infos = [info for info in archive.infolist() if not _is_folder(info)]
    if why := _why_not(infos, path.stat().st_size):
        raise _refusal(path, why)
    names = {info.filename: info for info in infos}
    if MANIFEST not in names:
        raise _refusal(
            path,
            f"has no {MANIFEST}, so it is no archive of results; `grokspec store export` makes one",
        )
    if names[MANIFEST].file_size > LONGEST_MANIFEST:
        raise _refusal(path, f"{MANIFEST} has {names[MANIFEST].file_size:,} bytes")
    try:
        content = archive.read(MANIFEST)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise _damaged(path, MANIFEST, error) from None
    if _layout_in(content) not in (None, LAYOUT):
        raise _refusal(path, _unknown_layout("it", _layout_in(content), LAYOUT))
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError:
        raise _refusal(path, f"{MANIFEST} is not one that grokspec wrote") from None
    if why := _why_not_listed(manifest, names):
        raise _refusal(path, why)
    return Archive(path, manifest, archive)


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.filename.endswith("/") and info.file_size == 0


def _why_not(infos: list[zipfile.ZipInfo], size: int) -> str:
    """Why the files of a zip are refused; empty if they are not."""
    if len(infos) > MOST_FILES:
        return f"has more than {MOST_FILES:,} files"
    for info in infos:
        name, kind = info.orig_filename, stat.S_IFMT(info.external_attr >> 16)
        if why := why_refused(name):
            return f"the name {name[:100]!r} {why}"
        if kind not in (0, stat.S_IFREG):
            return f"{name} is a link or a device, not a file"
        if info.flag_bits & 1:
            return f"{name} is encrypted"
    if both := clash(info.filename for info in infos):
        return f"{both[0]} and {both[1]} cannot both be files"
    total, most = sum(info.file_size for info in infos), MOST_GROWTH * size + SPARE
    if total > most:
        return (
            f"unpacks to {amount(total, 'B')}, {total // size:,} times its own size; results do "
            "not shrink that much"
        )
    return ""


def _why_not_listed(manifest: Manifest, names: dict[str, zipfile.ZipInfo]) -> str:
    """Why the files of a zip are not those that its manifest lists; empty if they are."""
    listed = {file.name: file for file in manifest.files}
    if len(listed) < len(manifest.files):
        return f"{MANIFEST} lists a file twice"
    for name, file in listed.items():
        if name not in names or name in UNLISTED:
            return f"lacks {name[:100]!r}, which {MANIFEST} lists"
        if names[name].file_size != file.size:
            return f"{name} has {names[name].file_size:,} bytes, not {file.size:,}; it was altered"
        if name.startswith(STORE) and not _is_of_store(file):
            return f"{name} is no file of a store"
    for name in names.keys() - listed.keys():
        if name not in UNLISTED and not name.startswith(UNLISTED_FOLDER):
            return f"has {name}, which {MANIFEST} does not list"
    if both := clash(filter(None, map(unpacked_name, listed))):
        return f"{both[0]} and {both[1]} would be unpacked to one place"
    if manifest.store_layout != STORE_LAYOUT:
        return _unknown_layout("its store", manifest.store_layout, STORE_LAYOUT)
    if next((spec for spec in manifest.specs if spec.file not in listed), None):
        return f"{MANIFEST} has a spec whose file it lacks"
    return ""


def _is_of_store(file: PackedFile) -> bool:
    """Whether a file is one of a store, named by its hash."""
    path = PurePosixPath(file.name)
    if file.name == MARKER:
        return True
    return (
        f"{path.parent}/" in (SHARDS, WEIGHTS)
        and SHARD.fullmatch(path.name) is not None
        and path.stem == file.sha256
    )


def _layout_in(content: bytes) -> int | None:
    """The number of a layout; None if there is none."""
    try:
        return _Layout.model_validate_json(content).layout
    except ValidationError:
        return None


def _unknown_layout(what: str, found: int | None, known: int) -> str:
    return f"{what} has layout {found}, but this grokspec reads layout {known}; update grokspec"
