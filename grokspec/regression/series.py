"""Several sides in order, from what a user names.

Each name is a side as in `find_side`, a folder of checklists or a range of commits. A file alone is
followed through the commits that changed it.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from grokspec.claims.record import MOST_BYTES, JudgedClaim
from grokspec.errors import GrokspecError
from grokspec.files.atomic import StorageError
from grokspec.files.folders import named_path
from grokspec.formatting import natural
from grokspec.regression.history import HistorySide
from grokspec.regression.repository import (
    MORE_THAN_TEXT,
    Revision,
    by_hash,
    commits_up_to,
    committed,
    find_revision,
    is_committed,
    only,
)
from grokspec.regression.sides import (
    MARKER,
    ChecklistFile,
    CommittedFile,
    CommittedState,
    JudgingOptions,
    Side,
    StoreFolder,
    find_side,
    place_of,
)
from grokspec.statistics.verdict import Verdict

MOST_SIDES = 200
"""More are not read."""


RANGE = re.compile(r"[^:]*(?<!/)\.\.(?!/)[^:]*(:|$)")
"""What begins as `v1..main` does; the dots of a path have a slash beside them."""


class PassedOver(UserWarning):
    """A commit whose checklist cannot be read, or whose claims cannot be judged."""


@dataclass(frozen=True)
class Listed:
    """A side of several."""

    side: Side
    is_named: bool = True
    """Whether the user named it; what cannot be read of the others is passed over."""
    is_edited: bool = False
    """Whether it is a file that is not as it was committed."""

    @property
    def is_judged(self) -> bool:
        """Whether its claims are judged now, which may take a while."""
        return isinstance(self.side, StoreFolder | CommittedState)

    @property
    def label(self) -> HistorySide:
        """How it is called."""
        if isinstance(self.side, CommittedState | CommittedFile):
            revision = self.side.revision
            return HistorySide(name=str(self.side), day=revision.day, subject=revision.subject)
        return HistorySide(name="not committed" if self.is_edited else str(self.side))


def find_sides(names: Sequence[str], last: int | None = None) -> list[Listed]:
    """The sides that the names stand for, in order; with ``last``, no more than so many.

    Raises a GrokspecError if a name stands for nothing, or all together for less than two.
    """
    if len(names) == 1:
        found = _several(names[0]) or _through_time(names[0], last)
    else:
        found = [one for name in names for one in _several(name) or [Listed(find_side(name))]]
    found = found[-last:] if last else found
    if len(found) > MOST_SIDES:
        raise GrokspecError(
            f"these are more than {MOST_SIDES} sides; --last {MOST_SIDES}, or fewer, shows the "
            "last of them"
        )
    if len(found) < 2:
        raise GrokspecError(
            f"there is one side only, {found[0].label.name}, and a history takes two or more"
        )
    return found


def read_sides(
    listed: Sequence[Listed], options: JudgingOptions, notify: Callable[[str], None]
) -> list[tuple[HistorySide, list[JudgedClaim]]]:
    """The records of each side; ``notify`` gets a line before each that takes a while.

    A side that the user did not name and that cannot be read is passed over, with a warning.
    Raises a GrokspecError if less than two are left, or no claim of any has a verdict.
    """
    found = []
    for i, one in enumerate(listed, 1):
        if one.is_judged:
            notify(f"judging {one.label.name}, {i} of {len(listed)}")
        try:
            records = one.side.checklist(options).records()
        except StorageError:
            raise
        except GrokspecError as error:
            if one.is_named:
                raise
            warnings.warn(f"passed over: {error}", PassedOver, stacklevel=2)
        else:
            found.append((one.label, records))
    if len(found) < 2:
        raise GrokspecError("less than two sides can be read, so there is nothing to compare")
    if all(r.verdict is Verdict.NOT_RUN for _, records in found for r in records):
        raise GrokspecError("no claim has a verdict on any side, so there is nothing to compare")
    return found


def _several(name: str) -> list[Listed]:
    """The checklists in a folder, or the commits of a range; nothing for any other name."""
    path = named_path(name)
    if os.path.isdir(path) and not os.path.isfile(path / MARKER):
        names = (n for n in os.listdir(path) if n.lower().endswith(".json"))
        return [Listed(ChecklistFile(path / n)) for n in sorted(names, key=natural)]
    if RANGE.match(name) and not os.path.exists(path):
        return _in_range(name)
    return []


def _through_time(name: str, last: int | None) -> list[Listed]:
    """What one name stands for that is alone: a file, or a revision with ``last``."""
    side = find_side(name)
    if isinstance(side, ChecklistFile):
        return _versions_of(side.path)
    if isinstance(side, CommittedFile):
        return _versions(side.revision, None, side.file)
    if isinstance(side, CommittedState) and last:
        return _commits(side.revision, None, last)
    remedy = "name several, in order"
    if isinstance(side, CommittedState):
        remedy += f", or a range like v1..{name}, or show its last commits with --last 5"
    raise GrokspecError(f"{side} is one state, and a history takes two or more; {remedy}")


def _versions_of(file: Path) -> list[Listed]:
    """A file in each commit that changed it, and as it is now if that is not committed."""
    head = find_revision("HEAD", file.parent)
    versions = _versions(by_hash(head), None, place_of(file, head)) if head else []
    if head is None or not versions:
        raise GrokspecError(
            f"{file} is in no commit, so it has no history of its own; commit it whenever it "
            "changes, or name several checklists, or a folder of them"
        )
    as_committed = committed(head, place_of(file, head), MOST_BYTES)
    if as_committed is not None and _same_text(as_committed, file):
        return versions
    return [*versions, Listed(ChecklistFile(file), is_edited=True)]


def _same_text(content: bytes, file: Path) -> bool:
    """Whether a file has this content, apart from the ends of lines, which git may change."""
    now = file.read_bytes() if file.stat().st_size <= MOST_BYTES else b""
    return now.replace(b"\r\n", b"\n") == content.replace(b"\r\n", b"\n")


def _versions(last: Revision, first: Revision | None, file: PurePosixPath) -> list[Listed]:
    """A file in each commit that changed it, after one and up to another."""
    commits = commits_up_to(last, first, only(file), MOST_SIDES + 1)
    return [
        Listed(CommittedFile(revision, file), is_named=False)
        for revision in ([first, *commits] if first else commits)
        if is_committed(revision, file)
    ]


def _commits(last: Revision, first: Revision | None, most: int) -> list[Listed]:
    """Both ends, and the commits between them that change more than Markdown."""
    found = commits_up_to(last, first, MORE_THAN_TEXT, most)
    if not found or found[-1].commit != last.commit:
        found.append(last)
    if first:
        found = [first, *(one for one in found if one.commit != first.commit)]
    return [Listed(CommittedState(one), is_named=one in (first, last)) for one in found[-most:]]


def _in_range(name: str) -> list[Listed]:
    """What `v1..main` stands for, or `v1..main:FILE`; an end that is left out is HEAD."""
    commits, _, path = name.partition(":")
    ends = commits.split("..")
    if len(ends) != 2 or "..." in commits:
        raise GrokspecError(f'"{name}": a range of commits has two ends, like v1..main')
    first, last = (_end(name, end or "HEAD") for end in ends)
    if not path:
        return _commits(last, first, MOST_SIDES + 1)
    file = place_of(named_path(path), last)
    if versions := _versions(last, first, file):
        return versions
    raise GrokspecError(f'"{name}": no commit of this range has a file {file}')


def _end(range: str, name: str) -> Revision:
    if revision := find_revision(name, Path()):
        return revision
    raise GrokspecError(
        f'"{range}": there is no git revision "{name}" here, nor a file or folder {range}'
    )
