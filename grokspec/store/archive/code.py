"""Whether today's code would make the results of an archive, judged without reading its specs.

A result has the hash of each module that it depends on. Those of installed modules are compared
with what is installed here; their files are read and not run. Python files of the user are compared
with those that were beside the specs when they were packed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from grokspec.store.sourcecode import look_again
from grokspec.store.staleness import FOLLOWS_FROM_DESCRIPTION, MODULE, hash_today


@dataclass
class CodeHere:
    """The code that is installed here; each module is read once."""

    _hashes: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        look_again()

    def differing(
        self, sources: Mapping[str, str], of_project: Mapping[str, str] | None = None
    ) -> tuple[str, ...]:
        """The names of those sources that are not as they are here, or not here at all.

        ``of_project`` are the sources of the specs that were packed along; without them, Python
        files of the user count as unchanged.
        """
        return tuple(
            name
            for name, hash in sorted(sources.items())
            if name != FOLLOWS_FROM_DESCRIPTION and hash != self._now(name, hash, of_project)
        )

    def _now(self, name: str, hash: str, of_project: Mapping[str, str] | None) -> str | None:
        if _is_module(name):
            if name not in self._hashes:
                self._hashes[name] = hash_today(name)
            return self._hashes[name]
        return hash if of_project is None else of_project.get(name)


def _is_module(name: str) -> bool:
    """Whether a source is an installed module, not a part of a Python file of the user."""
    return MODULE.fullmatch(name) is not None and not name.endswith(".py")
