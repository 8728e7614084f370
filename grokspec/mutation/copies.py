"""A copy of the program with a mutation, and a store for it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grokspec.mutation.mutants import PROGRAM, Mutation
from grokspec.store import Store

UNFINISHED_BYTECODE = "*.pyc.*"
"""Files that another process is just writing, and then renames."""


@contextlib.contextmanager
def copied(mutant: Mutation | None = None, program: Path = PROGRAM) -> Iterator[Path]:
    """A temporary folder with a copy of the package, mutated if there is a mutant.

    Bytecode is copied, too: compiling all modules takes longer than most claims.
    """
    with tempfile.TemporaryDirectory(prefix="grokspec-", ignore_cleanup_errors=True) as folder:
        place = Path(folder).resolve()
        copy = place / "grokspec"
        shutil.copytree(program, copy, ignore=shutil.ignore_patterns(UNFINISHED_BYTECODE))
        if mutant is not None:
            file = copy / mutant.file
            file.write_text(mutant.mutate(file.read_text(encoding="utf-8")), encoding="utf-8")
            for compiled in file.parent.glob(f"__pycache__/{file.stem}.*"):
                compiled.unlink()  # Python goes by size and second, which may be the original's
        yield place


def linked_store(folder: Path, source: Store) -> Store:
    """A store in a new folder, with links to the results of another.

    Results have the fingerprint of the code that made them, so only those whose code is mutated are
    trained again. Linking is safe: a shard never changes, and everything that is written or removed
    here is a file or a link of this folder.
    """
    store = Store(folder)
    store.prepare()
    for shard in source.files():
        _link(shard, store.shards / shard.name)
    return store


def _link(file: Path, link: Path) -> None:
    """Link to a file, or copy it on a system without links."""
    try:
        link.symlink_to(file)
    except OSError:
        shutil.copy2(file, link)
