"""What a user may name for comparison, and how it comes to a checklist.

A checklist file is read. A store has the claims of the working tree judged on what it holds. A
revision in git has its own claims judged by its own code, on results in the user's store, into
which what is missing is trained.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grokspec.claims.checklist import Checklist, read_checklist
from grokspec.claims.judging import judge
from grokspec.errors import GrokspecError
from grokspec.files.downloads import VARIABLE
from grokspec.regression.checkout import Revision, checked_out, find_revision
from grokspec.statistics.verdict import Verdict
from grokspec.store import open_store

MARKER = "store.json"
"""The file by which a folder is known to be a store."""


@dataclass(frozen=True)
class JudgingOptions:
    """How claims are to be judged where they have to be."""

    claims: tuple[Path, ...] = (Path("claims"),)  # relative to where one stands
    store: Path | None = None  # of a revision's results; the user's, if it is None
    profile: str | None = None


@dataclass(frozen=True)
class ChecklistFile:
    """A checklist that `pytest --checklist` wrote."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def checklist(self, options: JudgingOptions) -> Checklist:
        """Read the file. Raises a GrokspecError if it is no checklist."""
        return read_checklist(self.path)


@dataclass(frozen=True)
class StoreFolder:
    """A store, on which the claims of the working tree are judged; nothing is trained."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def checklist(self, options: JudgingOptions) -> Checklist:
        """Judge what there are results for, those of other code too; the rest is NOT RUN."""
        claims = _there(options.claims, Path.cwd(), "here")
        own = ["--grokspec-run=never", "--stale=keep", *_pytest_options(options, self.path)]
        return judge(claims, *own)


@dataclass(frozen=True)
class CommittedState:
    """A revision in git, whose own code judges its own claims."""

    revision: Revision

    def __str__(self) -> str:
        return str(self.revision)

    def checklist(self, options: JudgingOptions) -> Checklist:
        """Check it out, train what the store has not, and judge."""
        store = open_store(options.store).folder
        with checked_out(self.revision) as files:
            folder = files / self.revision.below
            claims = _there(map(_relative, options.claims), folder, f"in {self}")
            own = ["--grokspec-run=missing", *_pytest_options(options, store)]
            return judge(claims, *own, folder=folder, environment=_code_of(files))


Side = ChecklistFile | StoreFolder | CommittedState


def find_side(name: str) -> Side:
    """What is meant by a name: a file, else a store, else a revision; or a GrokspecError."""
    path = Path(name)
    if path.is_file():
        return ChecklistFile(path)
    if (path / MARKER).is_file():
        open_store(path)  # which says if it is of another layout
        return StoreFolder(path)
    if revision := find_revision(name, Path.cwd()):
        return CommittedState(revision)
    folder = "the folder has no store.json" if path.is_dir() else "there is no such folder"
    raise GrokspecError(
        f'"{name}" names nothing to compare: no checklist (there is no such file), no store '
        f"({folder}) and no revision in git (none of that name is known here); "
        "`pytest claims/ --checklist FILE` writes a checklist"
    )


def judged(side: Side, options: JudgingOptions) -> Checklist:
    """The checklist of a side. Raises a GrokspecError if no claim of it has a verdict."""
    found = side.checklist(options)
    records = found.records()
    if not records:
        raise GrokspecError(f"{side}: has no claim, so that there is nothing to compare")
    if all(record.verdict is Verdict.NOT_RUN for record in records):
        raise GrokspecError(
            f"{side}: no claim has a verdict, so that there is nothing to compare; "
            f"{records[0].id}, for one: {records[0].statement}"
        )
    return found


def _pytest_options(options: JudgingOptions, store: Path) -> list[str]:
    """Options that both ways of judging take; with "=", or a path would move pytest's rootdir."""
    profile = [f"--grokspec-profile={options.profile}"] if options.profile else []
    return [f"--grokspec-store={store.absolute()}", *profile]


def _there(claims: Sequence[Path] | map[Path], folder: Path, where: str) -> list[Path]:
    """The claims, if there are all of them; else a GrokspecError."""
    claims = list(claims)
    for path in claims:
        if not (folder / str(path).partition("::")[0]).exists():
            raise GrokspecError(f"{path}: there are no such claims {where}; name them as --claims")
    return claims


def _relative(path: Path) -> Path:
    """A path from where one stands, as which it is found in a checkout, too."""
    return Path(os.path.relpath(path)) if path.is_absolute() else path


def _code_of(files: Path) -> dict[str, str]:
    """The variables by which Python imports what a revision has before what is installed."""
    packages = [files, files / "src", *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    variables = {
        "PYTHONPATH": os.pathsep.join(str(path) for path in packages if str(path)),
        "PYTHONDONTWRITEBYTECODE": "1",  # what is written while it is removed would be left over
    }
    if data := os.environ.get(VARIABLE):
        variables[VARIABLE] = str(Path(data).expanduser().absolute())
    return variables
