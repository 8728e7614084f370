"""What git knows: revisions by name, the commits up to one, and files as they were committed.

Commits are followed by their first parents: what was merged counts as one change, as it came into
the branch. Everything is read from the repository; the files that lie there are not touched.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from grokspec.errors import GrokspecError

FORMAT = "%H%x09%cs%x09%s"
"""The hash of a commit, its day and the first line of its message."""

MORE_THAN_TEXT = (".", ":(exclude,glob)**/*.md")
"""The files of a repository whose changes may change a verdict: all but Markdown."""


@dataclass(frozen=True)
class Revision:
    """A commit of the repository around a folder."""

    name: str  # as the user wrote it, or the hash
    commit: str  # the full hash
    repository: Path  # its topmost folder
    below: Path  # where the folder lies in it
    day: str = ""  # of the commit, as 2026-11-30
    subject: str = ""  # the first line of its message

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
    found = Revision(name, commit, Path(top), Path(below))
    return next(_listed(found, ("--max-count=1", commit), name), found)


def by_hash(revision: Revision) -> Revision:
    """The same commit, called by its hash."""
    return replace(revision, name=revision.commit)


def commits_up_to(
    last: Revision, first: Revision | None, files: Sequence[str], most: int
) -> list[Revision]:
    """The commits that change some files, oldest first: the newest ``most`` up to a revision.

    They are those after ``first``, or all. ``files`` are pathspecs of git, from the top.
    """
    after = [f"^{first.commit}"] if first else []
    selected = (f"--max-count={most}", last.commit, *after, "--", *files)
    found = list(_listed(last, ("--reverse", *selected)))
    return [last if revision.commit == last.commit else revision for revision in found]


def only(file: PurePosixPath) -> tuple[str]:
    """The pathspec of one file, whatever characters its name has."""
    return (f":(literal){file}",)


def place_in(repository: Path, file: Path) -> PurePosixPath | None:
    """The path of a file from the top of a repository; None if it lies elsewhere."""
    whole = Path(os.path.realpath(file.parent)) / file.name
    with contextlib.suppress(ValueError):
        return PurePosixPath(whole.relative_to(os.path.realpath(repository)).as_posix())
    return None


def is_committed(revision: Revision, file: PurePosixPath) -> bool:
    """Whether a revision has a file of this path."""
    name = f"{revision.commit}:{file}"
    return _answer(revision.repository, "cat-file", "-t", name) == "blob"


def committed(revision: Revision, file: PurePosixPath, limit: int) -> bytes | None:
    """The content of a file in a revision; None if it is not there.

    Raises a GrokspecError if it has more than ``limit`` bytes.
    """
    if not is_committed(revision, file):
        return None
    name = f"{revision.commit}:{file}"
    if int(_answer(revision.repository, "cat-file", "-s", name) or 0) > limit:
        raise GrokspecError(f"{revision}: {file} has more than {limit:,} bytes")
    done = git(revision.repository, {}, "cat-file", "blob", name)
    if done.returncode:
        raise GrokspecError(f"{revision}: git could not read {file}: {in_words(done.stderr)}")
    return done.stdout


def git(
    folder: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder. Raises a FileNotFoundError if it is not installed."""
    return subprocess.run(
        ["git", "-c", "core.splitIndex=false", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
    )


def in_words(output: bytes) -> str:
    """What git printed, as text."""
    return output.decode(errors="replace").strip()


def _listed(
    revision: Revision, selection: Sequence[str], name: str | None = None
) -> Iterator[Revision]:
    """The commits of a selection, in the repository of a revision."""
    options = ("--first-parent", "--encoding=UTF-8", f"--format={FORMAT}")
    done = git(revision.repository, {}, "rev-list", *options, *selection)
    if done.returncode:
        raise GrokspecError(f"{revision}: git could not list its commits: {in_words(done.stderr)}")
    for line in in_words(done.stdout).split("\n"):
        if line.count("\t") >= 2:  # each is preceded by one that has its hash again
            commit, day, subject = line.split("\t", 2)
            yield replace(revision, name=name or commit, commit=commit, day=day, subject=subject)


def _answer(folder: Path, *arguments: str) -> str | None:
    """The output of git, or None if it fails or is not installed."""
    with contextlib.suppress(FileNotFoundError):
        done = git(folder, {}, *arguments)
        if done.returncode == 0:
            return done.stdout.decode(errors="surrogateescape").rstrip("\n")
    return None
