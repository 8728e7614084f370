"""Whether all files of a store are what was written: each is read to its end.

Nothing is changed. `set_aside` moves damaged files out of the way of those who read the store, into
its folder ``damaged``: they are not removed, as one may be a copy that is not finished yet.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

from grokspec.files.atomic import explained
from grokspec.files.regular import reason
from grokspec.store.shard import ENDING, SHARD, NotAShardError
from grokspec.store.weights import NoWeightsError
from grokspec.store.wholeness import FOREIGN, hash_of, whole_shard, whole_weights

if TYPE_CHECKING:
    from grokspec.store.folder import Store

Kind = Literal["damaged", "unreadable", "lacking", "foreign", "whole again"]
"""Of a file that is not what was written, one that cannot be read, weights that are not there, a
file that somebody else has put there, and one that was set aside and is whole by now."""

Read = TypeVar("Read")

EARLIER_ENDING = ".damaged"
"""Which earlier versions gave to files that looked damaged."""


class Problem(BaseModel):
    """A file that is not as it should be."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    file: str
    """Its path in the store."""
    why: str


class Verification(BaseModel):
    """What was found in a store."""

    model_config = ConfigDict(frozen=True)

    results: int
    shards: int
    """Files with results that are whole."""
    weights: int
    """Files of weights that are whole."""
    problems: tuple[Problem, ...]

    @property
    def has_damage(self) -> bool:
        """Whether something that was written is not there as it was."""
        return any(
            problem.kind in ("damaged", "unreadable", "lacking") for problem in self.problems
        )


class _Reading:
    """Reads files, and collects what is wrong with them."""

    def __init__(self, store: Store) -> None:
        self._folder = store.folder
        self.problems: list[Problem] = []

    def read(self, path: Path, whole: Callable[[Path], Read]) -> Read | None:
        """What a function gives of a whole file; None if it is not, or was just removed."""
        try:
            return whole(path)
        except (NotAShardError, NoWeightsError) as error:
            self.add("foreign" if str(error) == FOREIGN else "damaged", path, str(error))
        except OSError as error:
            if path.is_symlink() or not isinstance(error, FileNotFoundError):
                self.add("unreadable", path, reason(path, error))
        return None

    def add(self, kind: Kind, path: Path, why: str) -> None:
        """Note a problem."""
        name = path.relative_to(self._folder).as_posix()
        self.problems.append(Problem(kind=kind, file=name, why=why))


def verify(store: Store) -> Verification:
    """Read every file of results and of weights, one after the other."""
    reading = _Reading(store)
    results = shards = 0
    wanted: dict[str, dict[str, Path]] = defaultdict(dict)
    for path in store.files():
        if read := reading.read(path, whole_shard):
            shards += 1
            results += len(read[1])
            for entry in read[1]:
                if entry.weights:
                    name, _, position = entry.weights.partition("/")
                    wanted[name][position] = path
    weights = {path.stem: reading.read(path, whole_weights) for path in _weights(store)}
    whole = {name: found for name, found in weights.items() if found is not None}
    for name, places in wanted.items():
        if name in whole or name not in weights:
            _require_positions(reading, store, name, places, whole.get(name, frozenset()))
    for path in _set_aside_before(store):
        if _is_whole_again(path):
            reading.add("whole again", path, "has the content that was written")
    return Verification(
        results=results, shards=shards, weights=len(whole), problems=tuple(reading.problems)
    )


def set_aside(store: Store, problems: Iterable[Problem]) -> tuple[str, ...]:
    """Move the damaged files to the folder ``damaged``; their new paths in the store.

    Links, files that cannot be read and those of others are left.
    """
    moved = []
    for problem in problems:
        file = store.folder / problem.file
        if problem.kind == "damaged" and not file.is_symlink():
            with explained(f"{file} could not be moved"):
                if place := _moved(file, store.folder / "damaged"):
                    moved.append(place.relative_to(store.folder).as_posix())
    return tuple(moved)


def _weights(store: Store) -> list[Path]:
    return sorted(store.weights.glob(f"*{ENDING}"))


def _require_positions(
    reading: _Reading, store: Store, name: str, places: dict[str, Path], there: frozenset[str]
) -> None:
    """Note weights that are not in their file, of shards that are still in the store."""
    lacking = [p for p, shard in places.items() if p not in there and shard.exists()]
    if lacking:
        what = "is not there" if not there else "lacks some of them"
        why = f"{what}, and results refer to it"
        reading.add("lacking", store.weights / f"{name}{ENDING}", why)


def _set_aside_before(store: Store) -> Iterator[Path]:
    for folder, pattern in ((store.folder / "damaged", "*"), (store.shards, f"*{EARLIER_ENDING}")):
        yield from sorted(folder.glob(pattern))


def _is_whole_again(path: Path) -> bool:
    """Whether a file has the content that its name says, without what was put after the name."""
    name = path.name.partition(ENDING)[0] + ENDING
    try:
        return bool(SHARD.fullmatch(name)) and f"{hash_of(path)}{ENDING}" == name
    except OSError:
        return False


def _moved(file: Path, folder: Path) -> Path | None:
    """Move a file into a folder under a name that is free; None if it is not there any more."""
    folder.mkdir(exist_ok=True)
    place, number = folder / file.name, 1
    while os.path.lexists(place):
        place, number = folder / f"{file.name}.{number}", number + 1
    try:
        return file.rename(place)
    except FileNotFoundError:
        return None
