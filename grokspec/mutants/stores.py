"""A store that begins with the results of another and leaves that one as it is.

What a fault does not touch need not be trained again: a result is told by the fingerprint of the
code that made it, so that in such a store just those are made anew whose code the fault is in.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from grokspec.store import Store


def seeded(folder: Path, source: Store) -> Store:
    """A store in a new folder with the results that another has.

    Its shards are links to those of the other: a shard never changes, and what is written, set
    aside or removed here is a file or a link of this folder. All else is the folder's own.
    """
    store = Store(folder)
    store.prepare()
    for shard in source.files():
        _link(shard, store.shards / shard.name)
    return store


def _link(file: Path, link: Path) -> None:
    """Link to a file; where the system has no links to be had, copy it."""
    try:
        link.symlink_to(file)
    except OSError:
        shutil.copy2(file, link)
