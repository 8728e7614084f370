"""A hash of the code that computes a run: when that code changes, a stored result is stale.

The hash covers the syntax trees, without comments and docstrings, of

- the modules that define the experiment's task, model, optimizer, engine and probes, and the
  classes these derive from,
- every module of grokspec that those import, directly or through others, also inside functions,
- for a kind that is installed, the same within its own top-level package (in a notebook: the
  statements of the cells that it needs, see `running`),
- the same of runs that numbers are taken from,
- for a class or function that a field names, and for a kind from a Python file of the user's: the
  definitions that it needs of the file (see `definitions`), or its modules if it is installed,

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
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.engines.base import engine_of, parts_of
from grokspec.errors import GrokspecError
from grokspec.files.inputs import FileError
from grokspec.files.program import Program
from grokspec.files.python import (
    KindInFile,
    PythonName,
    file_of,
    named_in,
    program_as_run,
    run_file,
)
from grokspec.store import sourcecode
from grokspec.store.definitions import Definitions, definitions
from grokspec.store.running import is_in_cells, script, settled, source_in_cells
from grokspec.store.sourcecode import ModuleSource, home, read_source

if TYPE_CHECKING:
    from grokspec.description import Description
    from grokspec.kinds import SpecModel

DESCRIBING = (
    "grokspec.alternatives",
    "grokspec.description",
    "grokspec.errors",
    "grokspec.experiment",
    "grokspec.files.inputs",
    "grokspec.files.python",
    "grokspec.files.settings",
    "grokspec.formatting",
    "grokspec.function",
    "grokspec.kinds",
    "grokspec.other_runs",
    "grokspec.spec",
    "grokspec.steps",
    "grokspec.training",
)
"""Modules, and packages with everything in them, that describe runs but compute nothing."""

NOT_OF_USERS = sys.stdlib_module_names | {"torch", "numpy", "scipy"}
"""Packages whose code is not followed, also if a spec names something in them."""

Classes = tuple[type, ...]
Steps = tuple[int, ...]


@dataclass(frozen=True)
class _Code:
    """What computes a run: the classes of its parts, and what its description names."""

    classes: Classes
    named: frozenset[PythonName]

    @classmethod
    def of(cls, experiment: Description, probes: Sequence[SpecModel] | None = None) -> _Code:
        """The code of a run; with ``probes``, as if it had these in the place of its own."""
        parts = list(parts_of(experiment))
        if probes is not None:
            parts = [*experiment.moving_parts, engine_of(experiment), *probes]
        parts += [part for other in experiment.needs for part in parts_of(other)]
        named = frozenset(name for part in (*parts, experiment) for name in named_in(part))
        return cls(tuple(dict.fromkeys(map(type, parts))), named)

    @property
    def bases(self) -> list[type]:
        """The classes, and those that they derive from."""
        return [base for cls in self.classes for base in cls.__mro__]

    @property
    def origins(self) -> list[KindInFile]:
        """Where the kinds are that only this run's spec knows."""
        origins = [vars(cls).get("origin") for cls in self.classes]
        return [origin for origin in origins if isinstance(origin, KindInFile)]

    @property
    def in_files(self) -> dict[Path, frozenset[str]]:
        """What is needed of Python files that a spec names: the names at the top of each."""
        needed: dict[Path, set[str]] = defaultdict(set)
        for name in self.named:
            if name.path is not None:
                needed[name.path].add(name.name.partition(".")[0])
        for origin in self.origins:
            needed[origin.path].add(origin.name)
        for base in self.bases:
            if (path := file_of(base.__module__)) is not None:
                needed[path].add(base.__qualname__.partition(".")[0])
        return {path: frozenset(names) for path, names in needed.items()}

    @property
    def installed(self) -> set[str]:
        """The modules of what fields name that is installed, and not as a part of Python or torch.

        Raises a FileError if there is none of that name.
        """
        found = {name.module for name in self.named if name.path is None}
        found = {module for module in found if _package(module) not in NOT_OF_USERS}
        for module in found:
            if not sourcecode.exists(module):
                raise FileError(Path(module), "no such module; install it, or name a file")
        return found


def fingerprint(experiment: Description) -> str:
    """Hash of the code that this run's result depends on, sha256 in hex.

    The files are read once, until `look_again` is called.
    """
    return _fingerprint(_Code.of(experiment), experiment.recorded_steps)


def sources(experiment: Description) -> dict[str, str]:
    """The hash of everything that enters the fingerprint, by name; for `changes`."""
    return _sources(_Code.of(experiment)) | _recorded(experiment.recorded_steps)


def sources_with(experiment: Description, probes: Sequence[SpecModel]) -> dict[str, str]:
    """The hash of the code of a run if it had these probes, by name."""
    return _sources(_Code.of(experiment, probes))


def loaded_sources(experiment: Description) -> dict[str, str]:
    """The `sources` of the code that this process has in memory, from the first call on.

    All of it is imported here. An edit during training then neither changes the code that trains,
    nor is recorded as the code that trained. What a notebook defines is what its cells say now, and
    a Python file that a spec names is run again if it was edited since.
    """
    code = _Code.of(experiment)
    for path in {name.path for name in code.named if name.path is not None}:
        run_file(path)
    for origin in code.origins:
        origin.require(_as_run(origin.path))
    in_files = _in_files(code, _as_run)
    loaded = _load(code, in_files.imports)
    if any(is_in_cells(name) for name in loaded):
        look_again()
        now = _modules(code, in_files.imports)
        loaded = {n: h if is_in_cells(n) else loaded.get(n, h) for n, h in now.items()}
    return loaded | in_files.hashes | _recorded(experiment.recorded_steps)


def files_of(experiment: Description) -> tuple[Path, ...]:
    """The Python files that a spec names for a run."""
    return tuple(sorted(_Code.of(experiment).in_files))


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
    _sources.cache_clear()
    _modules.cache_clear()


@functools.cache
def _fingerprint(code: _Code, steps: Steps) -> str:
    return digest(_sources(code) | _recorded(steps))


def _recorded(steps: Steps) -> dict[str, str]:
    return {"recorded steps": hashlib.sha256(repr(steps).encode()).hexdigest()}


@functools.cache
def _sources(code: _Code) -> dict[str, str]:
    in_files = _in_files(code, Program.read)
    return _modules(code, in_files.imports) | in_files.hashes


def _in_files(code: _Code, read: Callable[[Path], Program]) -> Definitions:
    """What is needed of the Python files that a spec names, wherever they lie."""
    hashes: dict[str, list[str]] = defaultdict(list)
    imports: set[tuple[str, str]] = set()
    for path, names in code.in_files.items():
        found = definitions(read(path), names)
        imports |= found.imports
        for label, of_label in found.hashes.items():
            hashes[label].append(of_label)
    joined = {label: " ".join(sorted(found)) for label, found in hashes.items()}
    return Definitions(joined, frozenset(imports))


def _as_run(path: Path) -> Program:
    program = program_as_run(path)
    assert program is not None, "its classes come from running it"
    return program


@functools.cache
def _modules(code: _Code, imports: frozenset[tuple[str, str]]) -> dict[str, str]:
    """The hash of each module whose code may run when these classes' methods do.

    ``imports`` are those of Python files that a spec names, of which grokspec's own are followed.
    """
    bases = [base for base in code.bases if file_of(base.__module__) is None]
    classes = [cls for cls in code.classes if cls in bases and "origin" not in vars(cls)]
    packages = {"grokspec"} | {_package(settled(cls.__module__)) for cls in classes}
    todo = {settled(base.__module__) for base in bases} | code.installed
    todo |= {home(*i) for i in imports if _package(i[0]) == "grokspec"}
    packages |= {_package(module) for module in code.installed}
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
def _load(code: _Code, imports: frozenset[tuple[str, str]]) -> dict[str, str]:
    look_again()
    before = _modules(code, imports)
    for module in before.keys() - {settled("__main__")}:
        importlib.import_module(module)
    look_again()
    if changed := changes(before, _modules(code, imports)):
        raise GrokspecError(f"{', '.join(changed)}: edited while it was being loaded; run again")
    return before
