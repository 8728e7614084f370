"""The code that computes a run, as a hash: when it changes, a stored result is out of date.

What counts is the syntax tree, without comments and docstrings, of

- the modules that define the experiment's task, model, optimizer, engine and probes, and the
  classes these derive from,
- every module of grokspec that those import, directly or through others, inside functions too,
- for a kind from outside grokspec, the same within its own top-level package,

and besides the code the steps that are recorded.

Imports under ``if TYPE_CHECKING`` compute nothing and are not followed. Neither are `errors`,
`kinds`, `input_files` and `spec`: they decide what a run *is*, and that is in its identity already
(with the content of its input files; the recorded steps, which the schema works out from the
description, are hashed as such). Measures, claims,
figures, the store and the runner are imported by no kind, so that editing them changes nothing.
What third-party packages compute is not covered; a result's provenance names their versions.
An import that is made by name at run time (``importlib``) is not seen.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import json
from typing import TYPE_CHECKING

from grokspec.engines.base import parts_of
from grokspec.errors import GrokspecError
from grokspec.store.sourcecode import home, read_source

if TYPE_CHECKING:
    from grokspec.experiment import Experiment

DESCRIBING = (
    "grokspec.errors",
    "grokspec.experiment",
    "grokspec.files.inputs",
    "grokspec.formatting",
    "grokspec.kinds",
    "grokspec.spec",
    "grokspec.training",
)
"""Modules, and packages with all below them, that describe runs and compute none."""

Classes = tuple[type, ...]
Steps = tuple[int, ...]


def fingerprint(experiment: Experiment) -> str:
    """Hash of the code that this run's result depends on, sha256 in hex.

    Its files are looked at once, until `look_again`.
    """
    return _fingerprint(_classes(experiment), experiment.recorded_steps)


def sources(experiment: Experiment) -> dict[str, str]:
    """The hash of each thing that enters the fingerprint, by its name; for `changes`."""
    return _code(_classes(experiment)) | _recorded(experiment.recorded_steps)


def loaded_sources(experiment: Experiment) -> dict[str, str]:
    """The `sources` with the code as this process has it in memory, from the first call on.

    All of it is imported here, so that an edit made while a run trains neither changes what
    trains it nor passes for what trained it.
    """
    return _load(_classes(experiment)) | _recorded(experiment.recorded_steps)


def digest(sources: dict[str, str]) -> str:
    """The fingerprint that these sources make."""
    return hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()


def changes(before: dict[str, str], after: dict[str, str]) -> tuple[str, ...]:
    """Names of what differs between the sources of two results."""
    return tuple(n for n in sorted({*before, *after}) if before.get(n) != after.get(n))


def look_again() -> None:
    """Notice what was edited since the files were last looked at."""
    _fingerprint.cache_clear()
    _code.cache_clear()


def _classes(experiment: Experiment) -> Classes:
    return tuple(dict.fromkeys(map(type, parts_of(experiment))))


@functools.cache
def _fingerprint(classes: Classes, steps: Steps) -> str:
    return digest(_code(classes) | _recorded(steps))


def _recorded(steps: Steps) -> dict[str, str]:
    """The hash of what enters besides code."""
    return {"recorded steps": hashlib.sha256(repr(steps).encode()).hexdigest()}


@functools.cache
def _code(classes: Classes) -> dict[str, str]:
    """The hash of each module whose code may run when these classes' methods do."""
    packages = {"grokspec"} | {_package(cls.__module__) for cls in classes}
    ahead = {base.__module__ for cls in classes for base in cls.__mro__}
    hashes: dict[str, str] = {}
    while ahead:
        module = ahead.pop()
        if _package(module) in packages and not _describes(module):
            source = read_source(module)
            hashes[module] = source.hash
            ahead |= {home(*i) for i in source.imports if _package(i[0]) in packages}
            ahead -= set(hashes)
    return hashes


def _package(module: str) -> str:
    return module.partition(".")[0]


def _describes(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in DESCRIBING)


@functools.cache
def _load(classes: Classes) -> dict[str, str]:
    look_again()
    before = _code(classes)
    for module in before:
        importlib.import_module(module)
    look_again()
    if changed := changes(before, _code(classes)):
        raise GrokspecError(f"{', '.join(changed)}: edited while it was being loaded; run again")
    return before
