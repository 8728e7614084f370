"""The files of verdicts beside the claims: which are there, what they have, and writing them."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from grokspec.claims.claim import Claim
from grokspec.claims.identity import hash_of_spec, hash_of_test
from grokspec.claims.record import JudgedClaim
from grokspec.claims.verdict_files import (
    Identity,
    Kept,
    KeptVerdict,
    VerdictFile,
    keep,
    kept_from,
    read_verdicts,
)
from grokspec.errors import GrokspecError
from grokspec.formatting import shown_path
from grokspec.pytest_plugin.items import SPECS, own_test
from grokspec.spec.bounds import MOST_PROFILES
from grokspec.statistics.verdict import Verdict

Entries = Mapping[str, KeptVerdict]
"""What is in a file, by test."""


@dataclass(frozen=True)
class FilesBeside:
    """The files of one kind that are beside the claims, in the nearest folder of their name."""

    kind: type[VerdictFile]
    rootpath: Path
    """The folder to which the node ids of tests are relative."""
    named: Path | None = None
    """The folder of the files, if a setting names it."""

    def folder_of(self, path: Path) -> Path | None:
        """The folder of the files for the claims in a file: the nearest of its name, or above."""
        return self.named or _nearest(path.parent, self.kind.folder)

    def names(self, path: Path) -> Iterable[str]:
        """The names of the files for the claims in a file, without their ending."""
        folder = self.folder_of(path)
        return _files(folder, self.kind)[0] if folder else ()

    def mistakes(self, path: Path) -> Collection[str]:
        """What is wrong with the files for the claims in a file."""
        folder = self.folder_of(path)
        return _files(folder, self.kind)[1] if folder else ()

    def entry(self, name: str, node: pytest.Item, claim: Claim) -> KeptVerdict | None:
        """What a file has of a claim, if it has something."""
        folder = self.folder_of(node.path)
        if folder is None:
            return None
        entries = _files(folder, self.kind)[0].get(name, {})
        entry = entries.get(_test_of(node.path, own_test(node), folder))
        return entry if entry and entry.id == claim.id else None

    def verdicts(self, node: pytest.Item, names: Iterable[str]) -> set[Verdict]:
        """The verdicts in some files of a function's tests, one for each parameter."""
        folder = self.folder_of(node.path)
        if folder is None:
            return set()
        test = _test_of(node.path, node.nodeid, folder).partition("[")[0]
        files = _files(folder, self.kind)[0]
        entries = [entry for name in names for entry in files.get(name, {}).values()]
        return {e.verdict for e in entries if e.test.partition("[")[0] == test}

    def require_folders(self, records: Iterable[JudgedClaim], setting: str = "") -> None:
        """Raise a UsageError if there is no folder in which files can be written.

        ``setting`` is that of pytest which names the folder, if one can.
        """
        folder = self.kind.folder
        or_setting = f", or name it as {setting} in the pytest configuration" if setting else ""
        for record in records:
            path = self._path_of(record)
            if self.folder_of(path) is None:
                raise pytest.UsageError(
                    f'{self.kind.option}: there is no folder called "{folder}" beside '
                    f"{shown_path(path)} or above; make one (mkdir "
                    f"{shown_path(path.parent / folder)}){or_setting}"
                )

    def keep(self, records: Iterable[JudgedClaim], empty: VerdictFile) -> list[Kept]:
        """Write the verdicts on these claims into the file beside each. Raises a GrokspecError.

        ``empty`` is the file without any.
        """
        found: dict[Path, list[KeptVerdict]] = {}
        for record in records:
            path = self._path_of(record)
            folder = self.folder_of(path)
            if folder is not None and record.verdict is not Verdict.NOT_RUN:
                test = _test_of(path, record.test, folder)
                found.setdefault(folder, []).append(kept_from(record, test))
        return [keep(folder, empty, entries) for folder, entries in found.items()]

    def _path_of(self, record: JudgedClaim) -> Path:
        return self.rootpath / record.test.partition("::")[0]


def forget_files() -> None:
    """Read the files, and what their entries depend on, again when they are next asked for."""
    for read in (_files, _nearest, _hash_of_spec):
        read.cache_clear()


def identity(claim: Claim, node: pytest.Item, given: Collection[Path], profile: str) -> Identity:
    """What the verdict on a claim depends on at a profile; what cannot be read is not known.

    ``given`` are files of results in the place of specs.
    """
    code = ""
    with contextlib.suppress(OSError, SyntaxError):
        code = hash_of_test(node.path, node.nodeid.split("::")[1].partition("[")[0])
    hashes = {
        name: "" if path in given else _hash_of_spec(path, profile)
        for name, path in node.stash[SPECS].items()
    }
    return Identity(sentence=claim.sentence, source=claim.source, specs=hashes, code=code)


def _test_of(path: Path, node_id: str, folder: Path) -> str:
    """A test's node id as a file has it, whatever folder pytest was started in."""
    file = os.path.relpath(path, folder.parent).replace(os.sep, "/")
    return f"{file}::{node_id.partition('::')[2]}"


@functools.cache
def _nearest(folder: Path, name: str) -> Path | None:
    above = (parent / name for parent in (folder, *folder.parents))
    return next((found for found in above if found.is_dir()), None)


@functools.cache
def _files(folder: Path, kind: type[VerdictFile]) -> tuple[Mapping[str, Entries], tuple[str, ...]]:
    """What the files in a folder have, by their names, and what is wrong with them."""
    found: dict[str, Entries] = {}
    mistakes: list[str] = []
    for path in sorted(folder.glob("*.json"))[:MOST_PROFILES]:
        if kind.may_be(path.stem):
            try:
                found[path.stem] = {e.test: e for e in read_verdicts(path, kind).claims}
            except GrokspecError as error:
                mistakes.append(str(error))
    return found, tuple(mistakes)


@functools.cache
def _hash_of_spec(path: Path, profile: str) -> str:
    with contextlib.suppress(GrokspecError):
        return hash_of_spec(path, profile)
    return ""
