"""Writing an archive: a store and specs → one file, whole or not at all.

The same store and specs give the same bytes: files lie uncompressed, in the order of their names
and without times. Every file is hashed before and once more while it is written.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from grokspec.errors import GrokspecError
from grokspec.files.atomic import being_written, explained
from grokspec.files.inputs import CHUNK, opened
from grokspec.formatting import shown_path
from grokspec.store.archive.contents import (
    CHECKLIST,
    CHECKSUMS,
    DESCRIPTION,
    ENVIRONMENT,
    LAYOUT,
    MANIFEST,
    MARKER,
    PROJECT,
    SHARDS,
    WEIGHTS,
    Manifest,
    PackedFile,
    PackedSpec,
    unpacked_name,
)
from grokspec.store.archive.crate import About, description_of
from grokspec.store.archive.environment import environment
from grokspec.store.archive.names import clash
from grokspec.store.archive.project import Project
from grokspec.store.archive.selection import Selection, StoredSpec
from grokspec.store.fingerprint import sources
from grokspec.store.folder import LAYOUT as STORE_LAYOUT
from grokspec.store.folder import Marker
from grokspec.store.shard import Entry

NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a zip can have."""

MODE = stat.S_IFREG | 0o644

Content = Path | bytes


@dataclass(frozen=True)
class Written:
    """An archive that was written: its list of contents and its size in bytes."""

    manifest: Manifest
    size: int


def today() -> str:
    """The day of SOURCE_DATE_EPOCH, or else of the clock, in UTC.

    Raises a GrokspecError if that variable is no number of seconds.
    """
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        now = datetime.fromtimestamp(int(seconds), timezone.utc) if seconds else None
    except (ValueError, OverflowError, OSError):
        raise GrokspecError(
            f'SOURCE_DATE_EPOCH = "{seconds}": must be whole seconds since 1970; unset it'
        ) from None
    return (now or datetime.now(timezone.utc)).date().isoformat()


def write_archive(
    path: Path,
    selection: Selection,
    project: Project,
    about: About,
    checklist: Path | None = None,
    force: bool = False,
) -> Written:
    """Write the results of a selection, with the files of the project and a checklist.

    Raises a GrokspecError if there is a file of that name, unless it is to be replaced by
    ``force``, or if a file to pack cannot be read or changes meanwhile.
    """
    require_free(path, force)
    contents = _contents(selection, project, checklist)
    require_distinct(contents)
    files = {name: _packed(name, content) for name, content in sorted(contents.items())}
    manifest = Manifest(
        layout=LAYOUT,
        store_layout=STORE_LAYOUT,
        grokspec=version("grokspec"),
        files=tuple(files.values()),
        specs=tuple(_packed_spec(stored, project) for stored in selection.specs),
        elsewhere=project.elsewhere,
    )
    ahead: dict[str, Content] = {
        DESCRIPTION: _description(about, manifest, selection).encode(),
        MANIFEST: manifest.model_dump_json(indent=1).encode(),
        CHECKSUMS: "".join(f"{file.sha256}  {file.name}\n" for file in manifest.files).encode(),
    }
    with explained(f"{shown_path(path)}: cannot be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with being_written(path) as file:
            packed = {name: _packed(name, content) for name, content in ahead.items()}
            _write(file, ahead | contents, packed | files)
            require_free(path, force)
        return Written(manifest, path.stat().st_size)


def require_free(path: Path, force: bool) -> None:
    """Raise a GrokspecError if there is a folder, or a file that is not to be replaced."""
    if path.is_dir():
        raise GrokspecError(f"{shown_path(path)} is a folder; name a file")
    if os.path.lexists(path) and not force:
        raise GrokspecError(f"{shown_path(path)} is there already; --force replaces it")


def require_distinct(names: Iterable[str]) -> None:
    """Raise a GrokspecError if two files would be unpacked to one."""
    if both := clash(filter(None, map(unpacked_name, names))):
        raise GrokspecError(
            f"{both[0]} and {both[1]} would be unpacked to one place; rename one of them"
        )


def _contents(selection: Selection, project: Project, checklist: Path | None) -> dict[str, Content]:
    found: dict[str, Content] = {
        MARKER: Marker(layout=STORE_LAYOUT).model_dump_json().encode(),
        ENVIRONMENT: environment().encode(),
    }
    found |= {f"{SHARDS}{shard.name}": shard for shard in selection.shards}
    found |= {f"{WEIGHTS}{file.name}": file for file in selection.weights}
    found |= {f"{PROJECT}{name}": file for name, file in project.files.items()}
    return found if checklist is None else {**found, CHECKLIST: checklist}


def _packed_spec(stored: StoredSpec, project: Project) -> PackedSpec:
    spec = stored.spec
    code: dict[str, str] = {}
    for run in stored.inventory.runs:
        code |= sources(run.experiment)
    return PackedSpec(
        name=spec.name,
        profile=spec.profile,
        file=f"{PROJECT}{project.specs[spec.path]}",
        keys=tuple(run.key for run in stored.inventory.runs),
        recorded=tuple(run.key for run in stored.recorded),
        sources=dict(sorted(code.items())),
    )


def _description(about: About, manifest: Manifest, selection: Selection) -> str:
    results: dict[str, list[Entry]] = {}
    for entry in selection.entries:
        results.setdefault(f"{SHARDS}{entry.shard.name}", []).append(entry)
    specs = sorted({spec.file for spec in manifest.specs})
    return description_of(about, manifest.files, manifest.elsewhere, specs, results)


def _packed(name: str, content: Content) -> PackedFile:
    digest, size = hashlib.sha256(), 0
    with _readable(content) as file:
        for chunk in _chunks(file):
            digest.update(chunk)
            size += len(chunk)
    return PackedFile(name=name, size=size, sha256=digest.hexdigest())


def _write(
    file: BinaryIO, contents: Mapping[str, Content], expected: Mapping[str, PackedFile]
) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, packed in expected.items():
            info = zipfile.ZipInfo(name, NO_TIME)
            info.create_system, info.external_attr = 3, MODE << 16
            info.file_size = packed.size
            digest = hashlib.sha256()
            with _readable(contents[name]) as content, archive.open(info, "w") as entry:
                for chunk in _chunks(content):
                    digest.update(chunk)
                    entry.write(chunk)
            if digest.hexdigest() != packed.sha256:
                raise GrokspecError(f"{name} changed while it was packed; try again")


@contextmanager
def _readable(content: Content) -> Iterator[BinaryIO]:
    if isinstance(content, bytes):
        yield io.BytesIO(content)
        return
    with opened(content) as file:
        yield file


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
