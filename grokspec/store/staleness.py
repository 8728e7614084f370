"""Which results in a store today's code would make again, and which not.

A description that only an older grokspec understands cannot be read, so the fingerprint that it
would have today cannot be computed. But a result has the hash of each module that made it: if one
of them is another today, or gone, the result is stale for certain. If all are the same, it is
current. (Where a package takes a name from may have changed; that is not looked at.) Of a kind
from a Python file that a spec names, only the spec knows where the file is. So for such results the
specs are needed, whose runs have an exact fingerprint.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Literal

from grokspec.errors import GrokspecError
from grokspec.store import sourcecode
from grokspec.store.census import Census, Held

CodeState = Literal["current", "stale", "unknown"]

MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")

FOLLOWS_FROM_DESCRIPTION = "recorded steps"
"""The one thing in a fingerprint that is no code."""


class Staleness:
    """Tells current results from stale ones.

    ``wanted`` has the fingerprint of today's code for runs whose specs were read, by key.
    """

    def __init__(self, census: Census, wanted: Mapping[str, str] | None = None) -> None:
        self._wanted = wanted or {}
        self._hashes: dict[str, str | None] = {}
        sourcecode.look_again()
        self._states = {name: self._state(own) for name, own in census.sources.items()}

    def of(self, result: Held) -> CodeState:
        """The state of one result."""
        if wanted := self._wanted.get(result.key):
            return "current" if result.fingerprint == wanted else "stale"
        return self._states[result.fingerprint]

    def of_run(self, results: Collection[Held]) -> CodeState:
        """The state of a run with these results: a look-up takes a current one if there is one."""
        states = {self.of(result) for result in results}
        return next(state for state in ("current", "unknown", "stale") if state in states)

    def _state(self, sources: Mapping[str, str]) -> CodeState:
        names = sources.keys() - {FOLLOWS_FROM_DESCRIPTION}
        today = {name: self._hash(name) for name in names}
        if any(own not in (None, sources[name]) for name, own in today.items()):
            return "stale"
        return "unknown" if None in today.values() else "current"

    def _hash(self, name: str) -> str | None:
        """The hash of a module today, empty if it is gone; None if that cannot be said."""
        if name not in self._hashes:
            self._hashes[name] = hash_today(name)
        return self._hashes[name]


def hash_today(name: str) -> str | None:
    """The hash of a module, which is not imported: empty if it is gone, None if it is no module of
    a package that is installed.
    """
    if not MODULE.fullmatch(name) or name.endswith(".py") or name == "__main__":
        return None
    try:
        if sourcecode.exists(name):
            return sourcecode.read_source(name).hash
        return "" if sourcecode.exists(name.partition(".")[0]) else None
    except (GrokspecError, ImportError, OSError, ValueError):
        return None
