"""A copy of the program with a mutation in it, and a store of its own."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grokspec.mutation.mutants import PROGRAM, Mutant
from grokspec.store import Store


@contextlib.contextmanager
def copied(mutant: Mutant | None = None, program: Path = PROGRAM) -> Iterator[Path]:
    """A temporary folder with a copy of the program, mutated if there is a mutant.

    Only the code of the package is copied. The folder is gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="grokspec-", ignore_cleanup_errors=True) as folder:
        place = Path(folder).resolve()
        copy = place / "grokspec"
        shutil.copytree(program, copy, ignore=shutil.ignore_patterns("__pycache__"))
        if mutant is not None:
            file = copy / mutant.file
            file.write_text(mutant.mutate(file.read_text(encoding="utf-8")), encoding="utf-8")
        yield place


def linked_store(folder: Path, source: Store) -> Store:
    """A store in a new folder that begins with the results of another.

    What a mutation does not touch need not be trained again: a result is known by the fingerprint
    of the code that made it, so that in such a store just those are made again whose code is
    mutated. Its shards are links to those of the other: a shard never changes, and what is written,
    set aside or removed here is a file or a link of this folder.
    """
    store = Store(folder)
    store.prepare()
    for shard in source.files():
        _link(shard, store.shards / shard.name)
    return store


def _link(file: Path, link: Path) -> None:
    """Link to a file; where the system offers no links, copy it."""
    try:
        link.symlink_to(file)
    except OSError:
        shutil.copy2(file, link)
