"""The files of a git revision in a temporary folder.

They are written with an index of their own, since git would record a worktree in the repository. So
nothing is left in the repository, even after ``kill -9``.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grokspec.errors import GrokspecError


@dataclass(frozen=True)
class Revision:
    """A commit of the repository around a folder."""

    name: str  # as the user wrote it
    commit: str  # the full hash
    repository: Path  # its topmost folder
    below: Path  # where the folder lies in it

    def __str__(self) -> str:
        short = self.commit[:9]
        return short if self.commit.startswith(self.name) else f"{self.name} ({short})"


def find_revision(name: str, folder: Path) -> Revision | None:
    """The commit that git finds by this name in a folder; None if there is none."""
    top = _answer(folder, "rev-parse", "--show-toplevel")
    below = _answer(folder, "rev-parse", "--show-prefix")
    commit = _answer(
        folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
    )
    if top is None or below is None or not commit:
        return None
    return Revision(name, commit, Path(top), Path(below))


@contextlib.contextmanager
def checked_out(revision: Revision) -> Iterator[Path]:
    """A temporary folder with the files of a revision."""
    with tempfile.TemporaryDirectory(prefix="grokspec-") as folder:
        files = Path(folder).resolve() / "files"
        files.mkdir()
        index = {"GIT_INDEX_FILE": str(files.with_name("index"))}
        _do(revision, index, "read-tree", revision.commit)
        _do(revision, index, f"--work-tree={files}", "checkout-index", "--all", "--quiet")
        yield files


def _do(revision: Revision, environment: dict[str, str], *arguments: str) -> None:
    done = _git(revision.repository, environment, *arguments)
    if done.returncode:
        raise GrokspecError(f"{revision}: git could not check it out: {done.stderr.strip()}")


def _answer(folder: Path, *arguments: str) -> str | None:
    """The output of git, or None if it fails or is not installed."""
    with contextlib.suppress(FileNotFoundError):
        done = _git(folder, {}, *arguments)
        if done.returncode == 0:
            return done.stdout.rstrip("\n")
    return None


def _git(
    folder: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-c", "core.splitIndex=false", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
