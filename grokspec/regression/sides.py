"""The sides of a comparison, and how each becomes a checklist.

A checklist file is read, as it is or as it was committed. For a store, the claims of the working
tree are judged on its results. For a git revision, its own code judges its own claims on the user's
store, after training what the store does not have.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grokspec.claims.checklist import Checklist, checklist_in, read_checklist
from grokspec.claims.judging import checklist_of
from grokspec.claims.record import MOST_BYTES
from grokspec.errors import GrokspecError
from grokspec.files.downloads import VARIABLE, data_folder
from grokspec.files.folders import named_path
from grokspec.files.regular import read_regular
from grokspec.regression.accepted import accepted_in, is_of_profile
from grokspec.regression.checkout import checked_out
from grokspec.regression.repository import (
    Revision,
    committed,
    find_revision,
    is_committed,
    place_in,
)
from grokspec.statistics.verdict import Verdict
from grokspec.store import open_store

MARKER = "store.json"
"""The file that every store has."""


@dataclass(frozen=True)
class JudgingOptions:
    """How the claims of a store or a revision are judged."""

    claims: tuple[Path, ...] = (Path("claims"),)  # relative to the working directory
    store: Path | None = None  # for a revision; None is the user's store
    profile: str | None = None


@dataclass(frozen=True)
class ChecklistFile:
    """A checklist that `pytest --checklist` wrote."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def checklist(self, options: JudgingOptions) -> Checklist:
        """Read the file. Raises a GrokspecError if it is no checklist."""
        try:
            content = read_regular(self.path, MOST_BYTES)
        except OSError:
            return read_checklist(self.path)  # which explains it
        return _read(content, str(self.path))


@dataclass(frozen=True)
class StoreFolder:
    """A store, on which the claims of the working tree are judged; nothing is trained."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def checklist(self, options: JudgingOptions) -> Checklist:
        """Judge the claims whose results are stored, stale or not; the others are NOT RUN."""
        claims = _existing(options.claims, Path(), "here")
        own = ["--grokspec-run=never", "--stale=keep", *_pytest_options(options, self.path)]
        return checklist_of(claims, *own)


@dataclass(frozen=True)
class CommittedState:
    """A revision in git, whose own code judges its own claims."""

    revision: Revision

    def __str__(self) -> str:
        return str(self.revision)

    def checklist(self, options: JudgingOptions) -> Checklist:
        """Check it out, train what the store does not have, and judge."""
        store = open_store(options.store).folder
        with checked_out(self.revision) as files:
            folder = files / self.revision.below
            claims = _existing(map(_relative, options.claims), folder, f"in {self}")
            own = ["--grokspec-run=missing", *_pytest_options(options, store)]
            return checklist_of(claims, *own, folder=folder, environment=_code_of(files))


@dataclass(frozen=True)
class CommittedFile:
    """A checklist as it is in a revision."""

    revision: Revision
    file: PurePosixPath  # from the top of the repository

    def __str__(self) -> str:
        return str(self.revision)

    def checklist(self, options: JudgingOptions) -> Checklist:
        """Read the file. Raises a GrokspecError if it is no checklist, or not there."""
        content = committed(self.revision, self.file, MOST_BYTES)
        if content is None:
            raise GrokspecError(f"{self.revision} has no file {self.file}")
        return _read(content, f"{self.file} in {self.revision}")


Side = ChecklistFile | StoreFolder | CommittedState | CommittedFile


def find_side(name: str) -> Side:
    """The file, store, revision or file in a revision of this name; the first that there is.

    Raises a GrokspecError if there is none.
    """
    path = named_path(name)
    if os.path.exists(path) and not os.path.isdir(path):
        return ChecklistFile(path)
    if os.path.isfile(path / MARKER):
        open_store(path)  # raises if its layout is another one
        return StoreFolder(path)
    if revision := find_revision(name, Path()):
        return CommittedState(revision)
    if found := find_committed_file(name):
        return found
    folder = "the folder has no store.json" if os.path.isdir(path) else "there is no such folder"
    raise GrokspecError(
        f'"{name}" names nothing to compare: no checklist (there is no such file), no store '
        f"({folder}) and no git revision (there is none of this name here); "
        "`pytest claims/ --checklist FILE` writes a checklist"
    )


def find_committed_file(name: str) -> CommittedFile | None:
    """What `v1:claims.json` names, its path from the working directory; None if `v1` is nothing.

    Raises a GrokspecError if the file is not there.
    """
    start, colon, path = name.partition(":")
    revision = find_revision(start, Path()) if colon and start else None
    if revision is None:
        return None
    side = CommittedFile(revision, place_of(named_path(path), revision))
    if not is_committed(revision, side.file):
        raise GrokspecError(f'"{name}": {revision} has no file {side.file}')
    return side


def place_of(file: Path, revision: Revision) -> PurePosixPath:
    """The path of a file in the repository of a revision. Raises a GrokspecError if outside."""
    if (place := place_in(revision.repository, file)) is None:
        raise GrokspecError(f"{file} does not lie in the repository {revision.repository}")
    return place


def judged(side: Side, options: JudgingOptions) -> Checklist:
    """The checklist of a side. Raises a GrokspecError if no claim of it has a verdict."""
    found = side.checklist(options)
    records = found.records()
    if not records:
        raise GrokspecError(f"{side}: has no claim, so there is nothing to compare")
    if all(record.verdict is Verdict.NOT_RUN for record in records):
        raise GrokspecError(
            f"{side}: no claim has a verdict, so there is nothing to compare; "
            f"for example {records[0].full_id}: {records[0].statement}"
        )
    return found


def _read(content: bytes, name: str) -> Checklist:
    """The checklist in a file, or the verdicts that were accepted at a profile."""
    return accepted_in(content, name) if is_of_profile(content) else checklist_in(content, name)


def _pytest_options(options: JudgingOptions, store: Path) -> list[str]:
    """Options for stores and revisions; with "=", or a path would change pytest's rootdir."""
    profile = [f"--grokspec-profile={options.profile}"] if options.profile else []
    return [f"--grokspec-store={store.absolute()}", *profile]


def _existing(claims: Sequence[Path] | map[Path], folder: Path, where: str) -> list[Path]:
    """The claims; a GrokspecError if one does not exist."""
    claims = list(claims)
    for path in claims:
        if not os.path.exists(folder / str(path).partition("::")[0]):
            raise GrokspecError(
                f"{path}: there are no such claims {where}; name them with --claims"
            )
    return claims


def _relative(path: Path) -> Path:
    """A path relative to the working directory, by which a checkout has it, too."""
    return Path(os.path.relpath(path)) if path.is_absolute() else path


def _code_of(files: Path) -> dict[str, str]:
    """Environment variables by which Python imports a revision's code, not the installed one."""
    packages = [files, files / "src", *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    variables = {
        "PYTHONPATH": os.pathsep.join(str(path) for path in packages if str(path)),
        "PYTHONDONTWRITEBYTECODE": "1",  # a file written during the removal would stay
    }
    if os.environ.get(VARIABLE):
        variables[VARIABLE] = str(data_folder())
    return variables
