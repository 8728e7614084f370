"""Importing an archive: into a store, and into a folder for its specs.

Each file is written whole or not at all, weights before the results that refer to them, and what is
there already is left. So an import that was interrupted is repeated, and a repeated one does
nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grokspec.errors import GrokspecError
from grokspec.files.atomic import being_written, explained
from grokspec.files.inputs import FileError, file_hash
from grokspec.formatting import amount, count, listed, shown_path
from grokspec.store.archive.code import CodeHere
from grokspec.store.archive.contents import (
    SHARDS,
    STORE,
    WEIGHTS,
    PackedFile,
    PackedSpec,
    unpacked_name,
)
from grokspec.store.archive.opening import Archive
from grokspec.store.folder import Store
from grokspec.store.shard import Entry

SPARE = 2**24
"""How many bytes are to be left on a disk."""


@dataclass(frozen=True)
class PackedState:
    """How many runs of a spec have a result, by whether the code that is here would make it."""

    name: str
    profile: str
    file: str
    runs: int
    current: int
    stale: int
    changed: tuple[str, ...] = ()
    """The code by which stale results differ from what is here."""

    @property
    def missing(self) -> int:
        """How many runs have none."""
        return self.runs - self.current - self.stale


@dataclass(frozen=True)
class ImportSummary:
    """What an import wrote, and what was there already."""

    shards: int
    weights: int
    there: int
    """How many files of results and weights were there already."""
    unpacked: int


def import_archive(archive: Archive, store: Store, folder: Path | None = None) -> ImportSummary:
    """Write the results of an archive into a store, and its other files into a folder.

    Call `Archive.entries` before, which checks all of it. Raises a GrokspecError, before anything
    is written, if a file in the folder would be replaced or there is no room.
    """
    store.check()
    weights = _lacking(archive.below(WEIGHTS), store)
    shards = _lacking(archive.below(SHARDS), store)
    others = _to_unpack(archive, folder) if folder else {}
    _require_room(store.folder, [*weights, *shards])
    if folder is not None:
        _require_room(folder, list(others.values()))
    if weights or shards:
        store.prepare()
    for file in (*weights, *shards):
        _write(archive, file, _in_store(file, store))
    for path, file in others.items():
        _write(archive, file, path)
    there = len(archive.below(WEIGHTS)) + len(archive.below(SHARDS)) - len(weights) - len(shards)
    return ImportSummary(len(shards), len(weights), there, len(others))


def states(archive: Archive, entries: Sequence[Entry]) -> tuple[PackedState, ...]:
    """What the archive has of each spec; without specs, of the runs of each name in their ids."""
    here = CodeHere()
    by_key: dict[str, list[Entry]] = {}
    for entry in entries:
        by_key.setdefault(entry.key, []).append(entry)
    if archive.manifest.specs:
        return tuple(_state(spec, by_key, here) for spec in archive.manifest.specs)
    by_name: dict[str, list[tuple[str, ...]]] = {}
    for own in by_key.values():
        name = own[0].id.rpartition("/")[0]
        by_name.setdefault(name, []).append(_differing(own, here, None))
    return tuple(_counted(name, differing) for name, differing in sorted(by_name.items()))


def _state(spec: PackedSpec, by_key: dict[str, list[Entry]], here: CodeHere) -> PackedState:
    recorded, of_recorded = set(spec.recorded), here.differing(spec.sources, spec.sources)
    differing: list[tuple[str, ...]] = []
    for key in spec.keys:
        if key in recorded and (not of_recorded or key not in by_key):
            differing.append(of_recorded)
        elif key in by_key:
            differing.append(_differing(by_key[key], here, spec.sources))
    return _counted(spec.name, differing, spec)


def _counted(
    name: str, differing: Sequence[tuple[str, ...]], spec: PackedSpec | None = None
) -> PackedState:
    """The state of runs, by the code that each result does not share with what is here."""
    stale = sum(map(bool, differing))
    return PackedState(
        name,
        spec.profile if spec else "",
        spec.file if spec else "",
        len(spec.keys) if spec else len(differing),
        current=len(differing) - stale,
        stale=stale,
        changed=tuple(sorted({name for names in differing for name in names})),
    )


def _differing(
    entries: Sequence[Entry], here: CodeHere, of_project: dict[str, str] | None
) -> tuple[str, ...]:
    """The code by which the best of a run's results differs from what is here; empty if none."""
    found = [here.differing(entry.sources, of_project) for entry in entries]
    return min(found, key=len)


def _lacking(files: Sequence[PackedFile], store: Store) -> list[PackedFile]:
    """Those files that a store does not have whole."""
    return [file for file in files if not _is_there(file, _in_store(file, store))]


def _in_store(file: PackedFile, store: Store) -> Path:
    return store.folder / file.name.removeprefix(STORE)


def _is_there(file: PackedFile, path: Path) -> bool:
    """Whether a path has the content of a file, whole."""
    try:
        return file_hash(path) == file.sha256
    except FileError:
        return False


def _to_unpack(archive: Archive, folder: Path) -> dict[Path, PackedFile]:
    """The files to write into a folder, by their paths there. Raises a GrokspecError."""
    found: dict[Path, PackedFile] = {}
    others: list[str] = []
    for file in archive.manifest.files:
        if not (name := unpacked_name(file.name)):
            continue
        path = folder / name
        _require_inside(path, folder)
        if not os.path.lexists(path):
            found[path] = file
        elif not _is_there(file, path):
            others.append(name)
    if others:
        raise GrokspecError(
            f"{shown_path(folder)} has {count(len(others), 'file')} with other content than in "
            f"{shown_path(archive.path)}; name another folder to unpack to\n{listed(others)}"
        )
    return found


def _require_inside(path: Path, folder: Path) -> None:
    """Raise a GrokspecError if links in a folder lead what is written there elsewhere."""
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise GrokspecError(
            f"{shown_path(path)} would be written outside of {shown_path(folder)}, as a link leads "
            "there; name another folder to unpack to"
        )


def _require_room(folder: Path, files: Sequence[PackedFile]) -> None:
    existing = next(
        place for place in (folder.absolute(), *folder.absolute().parents) if place.exists()
    )
    needed, free = sum(file.size for file in files), shutil.disk_usage(existing).free
    if files and needed + SPARE > free:
        raise GrokspecError(
            f"{shown_path(folder)} has room for {amount(free, 'B')}, and {amount(needed, 'B')} "
            "would be written; name another folder, or make room"
        )


def _write(archive: Archive, file: PackedFile, path: Path) -> None:
    with explained(f"{shown_path(path)}: cannot be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with archive.opened(file) as content, being_written(path) as target:
            for chunk in content.chunks():
                target.write(chunk)
            content.finish()
