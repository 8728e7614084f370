"""The kinds of a family by name, each imported when it is first asked for.

A spec names a few kinds of some hundred, and to import one takes about as long as to check a run.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, MutableMapping
from functools import cached_property
from typing import Any

from grokspec.errors import GrokspecError


class Alternatives(MutableMapping[str, Any]):
    """The kinds of a family whose base class is in a module; of grokspec's own, all are known.

    These are in the package of a module called ``base``, one kind a file or folder; modules that
    start with an underscore have none. In order, grokspec's own come first, then the others as they
    were defined.
    """

    def __init__(self, base: str) -> None:
        package, _, module = base.rpartition(".")
        self.package = package if module == "base" else ""
        self._defined: dict[str, Any] = {}
        self._in_order: tuple[str, ...] | None = None

    def __getitem__(self, name: str) -> Any:
        if name not in self._defined:
            self._look_for(name)
        return self._defined[name]

    def __setitem__(self, name: str, kind: Any) -> None:
        self._defined[name] = kind
        self._in_order = None

    def __delitem__(self, name: str) -> None:
        del self._defined[name]
        self._in_order = None

    def __iter__(self) -> Iterator[str]:
        self._import_all()
        if self._in_order is None:
            own = sorted(name for name, kind in self._defined.items() if self._is_own(kind))
            self._in_order = tuple(dict.fromkeys([*own, *self._defined]))
        return iter(self._in_order)

    def __len__(self) -> int:
        self._import_all()
        return len(self._defined)

    def add(self, name: str, kind: Any) -> None:
        """Add a kind that was just defined, or defined anew.

        Raises a GrokspecError if another module defines one of the same name.
        """
        known = (self._defined if self._is_own(kind) else self).get(name)
        if known is not None and known.__module__ != kind.__module__:
            raise GrokspecError(
                f"{kind.family} kind {name!r} is defined twice: in {known.__module__} and in "
                f"{kind.__module__}; give one of them another name"
            )
        self[name] = kind

    def _is_own(self, kind: Any) -> bool:
        return bool(self.package) and kind.__module__.startswith(f"{self.package}.")

    @cached_property
    def _not_imported(self) -> set[str]:
        """The modules that may define further kinds."""
        if not self.package:
            return set()
        path = importlib.import_module(self.package).__path__
        return {m.name for m in pkgutil.iter_modules(path) if not m.name.startswith("_")}

    def _look_for(self, name: str) -> None:
        """Import modules until one has defined a kind, those first whose names are most like it."""
        for module in sorted(self._not_imported, key=lambda module: -_alike(module, name)):
            self._import(module)
            if name in self._defined:
                return

    def _import_all(self) -> None:
        for module in sorted(self._not_imported):
            self._import(module)

    def _import(self, module: str) -> None:
        importlib.import_module(f"{self.package}.{module}")
        self._not_imported.discard(module)


def _alike(module: str, name: str) -> int:
    """How many first letters two names have in common, and one more if all."""
    if module == name:
        return len(name) + 1
    pairs = enumerate(zip(module, name, strict=False))
    different = (i for i, (one, other) in pairs if one != other)
    return next(different, min(len(module), len(name)))
