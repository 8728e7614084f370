"""Archives of small results for tests, and changes to their files."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from grokspec.store import Store
from grokspec.store.archive.contents import MANIFEST, Manifest
from grokspec.store.archive.crate import About
from grokspec.store.archive.project import Project
from grokspec.store.archive.selection import everything
from grokspec.store.archive.writing import write_archive

ABOUT = About(date="2026-11-30")


def archive_of(store: Store, path: Path, **options) -> Path:
    """An archive of all results in a store, without specs."""
    write_archive(path, everything(store), Project({}, {}), ABOUT, **options)
    return path


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def manifest_of(path: Path) -> Manifest:
    return Manifest.model_validate_json(contents(path)[MANIFEST])


def rewritten(path: Path, change: Callable[[dict[str, bytes]], Mapping[str, bytes]]) -> Path:
    """The archive with its files changed, zipped anew."""
    files = change(contents(path))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def all_files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its name there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
