"""What is in an archive, and its own list of that, ``grokspec-archive.json``.

    ro-crate-metadata.json                  the description for people and repositories
    grokspec-archive.json                   the `Manifest`: all other files with their hashes
    checksums.txt                           the same for ``sha256sum -c``
    environment.txt                         the installed packages
    checklist.json                          a checklist, if one was given
    store/                                  a store, as it is on disk
    project/                                specs and what they name, as they lie in their folder

Only the manifest counts when an archive is opened. The description may be edited, say to add a DOI.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt

LAYOUT = 1
"""Raised when an older grokspec could not read what this one writes."""

DESCRIPTION = "ro-crate-metadata.json"
MANIFEST = "grokspec-archive.json"
CHECKSUMS = "checksums.txt"
ENVIRONMENT = "environment.txt"
CHECKLIST = "checklist.json"
STORE = "store/"
MARKER = f"{STORE}store.json"
SHARDS = f"{STORE}shards/"
WEIGHTS = f"{STORE}weights/"
PROJECT = "project/"

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class PackedFile(_Record):
    """A file of an archive: its size in bytes and the hash of its content."""

    name: str
    size: NonNegativeInt
    sha256: Sha256


class PackedSpec(_Record):
    """A spec under one profile, as it was when its results were packed."""

    name: str
    profile: str
    file: str
    """Its name in the archive."""
    keys: tuple[str, ...]
    """The key of each run; none if they were recorded elsewhere, in files that are packed."""
    recorded: tuple[str, ...] = ()
    """The keys of runs without a result of their own code: records of others make one up."""
    sources: dict[str, str]
    """The hash of all code that its runs depended on, by name, see `fingerprint`."""


class Elsewhere(_Record):
    """A file that a spec names and that is not packed: anybody can download it from ``url``.

    Without a ``url``, the spec names it by a path that holds on one machine only.
    """

    name: str
    sha256: Sha256
    url: str = ""


class Manifest(_Record):
    """The list of all that is in an archive."""

    layout: int
    store_layout: int
    grokspec: str
    """The version that packed it."""
    files: tuple[PackedFile, ...]
    specs: tuple[PackedSpec, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()

    @property
    def size(self) -> int:
        """Of all files together, in bytes."""
        return sum(file.size for file in self.files)


def unpacked_name(name: str) -> str:
    """Where a file of the project lies when it is unpacked; empty for files of the store."""
    if name.startswith(STORE):
        return ""
    return name.removeprefix(PROJECT)
