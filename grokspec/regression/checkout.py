"""The files of a git revision in a temporary folder.

They are written with an index of their own, since git would record a worktree in the repository. So
nothing is left in the repository, even after ``kill -9``.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grokspec.errors import GrokspecError
from grokspec.regression.repository import Revision, git, in_words


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
    done = git(revision.repository, environment, *arguments)
    if done.returncode:
        raise GrokspecError(f"{revision}: git could not check it out: {in_words(done.stderr)}")
