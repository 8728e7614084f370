"""A hash of the code that computes a run: when that code changes, a stored result is stale.

The hash covers the syntax trees, without comments and docstrings, of

- the modules that define the experiment's task, model, optimizer, engine and probes, and the
  classes these derive from,
- every module of grokspec that those import, directly or through others, also inside functions,
- for a kind from outside grokspec, the same within its own top-level package (in a notebook: the
  statements of the cells that it needs, see `running`),

and the steps that are recorded.

Imports under ``if TYPE_CHECKING`` compute nothing and are not followed. Neither are the modules in
DESCRIBING: they decide what a run *is*, and that is part of its identity (as is the content of its
input files). The recorded steps follow from the description by their code, so they are hashed by
value. No kind imports measures, claims, figures, the store or the runner, so editing these changes
no fingerprint. Third-party packages are not covered; a result's provenance has their versions.
Imports by name at run time (``importlib``) are not seen.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from grokspec.engines.base import parts_of
from grokspec.errors import GrokspecError
from grokspec.store import sourcecode
from grokspec.store.running import is_in_cells, script, settled, source_in_cells
from grokspec.store.sourcecode import ModuleSource, home, read_source

if TYPE_CHECKING:
    from grokspec.description import Description

DESCRIBING = (
    "grokspec.description",
    "grokspec.errors",
    "grokspec.experiment",
    "grokspec.files.inputs",
    "grokspec.formatting",
    "grokspec.function",
    "grokspec.kinds",
    "grokspec.spec",
    "grokspec.training",
)
"""Modules, and packages with everything in them, that describe runs but compute nothing."""

Classes = tuple[type, ...]
Steps = tuple[int, ...]


def fingerprint(experiment: Description) -> str:
    """Hash of the code that this run's result depends on, sha256 in hex.

    The files are read once, until `look_again` is called.
    """
    return _fingerprint(_classes(experiment), experiment.recorded_steps)


def sources(experiment: Description) -> dict[str, str]:
    """The hash of everything that enters the fingerprint, by name; for `changes`."""
    return _code(_classes(experiment)) | _recorded(experiment.recorded_steps)


def loaded_sources(experiment: Description) -> dict[str, str]:
    """The `sources` of the code that this process has in memory, from the first call on.

    All of it is imported here. An edit during training then neither changes the code that trains,
    nor is recorded as the code that trained. What a notebook defines is what its cells say now.
    """
    classes = _classes(experiment)
    loaded = _load(classes)
    if any(is_in_cells(name) for name in loaded):
        look_again()
        loaded = {n: h if is_in_cells(n) else loaded.get(n, h) for n, h in _code(classes).items()}
    return loaded | _recorded(experiment.recorded_steps)


def digest(sources: dict[str, str]) -> str:
    """The fingerprint for these sources."""
    return hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()


def changes(before: dict[str, str], after: dict[str, str]) -> tuple[str, ...]:
    """Names of the sources that differ between two results."""
    names = sorted({*before, *after})
    return tuple(name for name in names if before.get(name) != after.get(name))


def look_again() -> None:
    """Notice edits since the files were last read."""
    sourcecode.look_again()
    _fingerprint.cache_clear()
    _code.cache_clear()


def _classes(experiment: Description) -> Classes:
    return tuple(dict.fromkeys(map(type, parts_of(experiment))))


@functools.cache
def _fingerprint(classes: Classes, steps: Steps) -> str:
    return digest(_code(classes) | _recorded(steps))


def _recorded(steps: Steps) -> dict[str, str]:
    return {"recorded steps": hashlib.sha256(repr(steps).encode()).hexdigest()}


@functools.cache
def _code(classes: Classes) -> dict[str, str]:
    """The hash of each module whose code may run when these classes' methods do."""
    bases = [base for cls in classes for base in cls.__mro__]
    packages = {"grokspec"} | {_package(settled(cls.__module__)) for cls in classes}
    todo = {settled(base.__module__) for base in bases}
    hashes: dict[str, str] = {}
    while todo:
        module = todo.pop()
        if _package(module) in packages and not _describes(module):
            source = _source(module, bases)
            hashes[module] = source.hash
            todo |= {home(*i) for i in source.imports if _package(i[0]) in packages}
            todo -= set(hashes)
    return hashes


def _source(module: str, bases: Sequence[type]) -> ModuleSource:
    if is_in_cells(module):
        return source_in_cells(base for base in bases if base.__module__ == module)
    return read_source(module, script() if module == settled("__main__") else None)


def _package(module: str) -> str:
    return module.partition(".")[0]


def _describes(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in DESCRIBING)


@functools.cache
def _load(classes: Classes) -> dict[str, str]:
    look_again()
    before = _code(classes)
    for module in before.keys() - {settled("__main__")}:
        importlib.import_module(module)
    look_again()
    if changed := changes(before, _code(classes)):
        raise GrokspecError(f"{', '.join(changed)}: edited while it was being loaded; run again")
    return before
