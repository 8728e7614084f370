"""The code that computes a run, as a hash: when it changes, a stored result is out of date.

What counts is the syntax tree, without comments and docstrings, of

- the modules that define the experiment's task, model, optimizer, engine and probes, and the
  classes these derive from,
- every module of grokspec that those import, directly or through others, inside functions too,
- for a kind from outside grokspec, the same within its own top-level package,

and besides the code the steps that are recorded and the contents of the task's input files.

Imports under ``if TYPE_CHECKING`` compute nothing and are not followed. Neither are `errors`,
`kinds` and `spec`: they decide what a run *is*, and that is in its identity already (the recorded
steps, which the schema works out from the description, are hashed as such). Measures, claims,
figures, the store and the runner are imported by no kind, so that editing them changes nothing.
What third-party packages compute is not covered; a result's provenance names their versions.
An import that is made by name at run time (``importlib``) is not seen.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.errors import GrokspecError

if TYPE_CHECKING:
    from grokspec.spec.schema import Experiment

DESCRIBING = ("grokspec.errors", "grokspec.kinds", "grokspec.spec")
"""Modules, and packages with all below them, that describe runs and compute none."""


def fingerprint(experiment: Experiment) -> str:
    """Hash of the code and the input files that this run's result depends on, sha256 in hex."""
    return fingerprint_of(*_described(experiment))


def sources(experiment: Experiment) -> dict[str, str]:
    """The hash of each thing that enters the fingerprint, by its name; for `changes`."""
    return dict(_hashes(*_described(experiment)))


def loaded_sources(experiment: Experiment) -> dict[str, str]:
    """The `sources` as this process has them in memory, now and from the first call on.

    Everything that enters is imported here, so that an edit made while a run trains neither
    changes what trains it nor passes for what trained it.
    """
    classes, steps, files = _described(experiment)
    return _load(classes) | _hashes((), steps, files)


def digest(sources: dict[str, str]) -> str:
    """The fingerprint that these sources make."""
    return _digest(json.dumps(sources, sort_keys=True).encode())


def changes(before: dict[str, str], after: dict[str, str]) -> tuple[str, ...]:
    """Names of what differs between the sources of two results."""
    return tuple(n for n in sorted({*before, *after}) if before.get(n) != after.get(n))


def look_again() -> None:
    """Notice edits made since files were last looked at; those that did not change stay known."""
    for remembered in (_fingerprint, _hashes, _find):
        remembered.cache_clear()
def _top(module: str) -> str:
    return module.partition(".")[0]


def _describes(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in DESCRIBING)


@functools.cache
def _module_hash(module: str) -> str:
    path = _path(module)
    if path.suffix != ".py":  # a compiled module has no syntax tree to read
        return _file_hash(path)
    return _digest(ast.dump(_WithoutDocstrings().visit(_parse(path))).encode())


@functools.cache
def _file_hash(path: Path) -> str:
    try:
        return _digest(path.read_bytes())
    except OSError as error:
        raise GrokspecError(f"{path}: cannot be read: {error.strerror}") from error


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class _WithoutDocstrings(ast.NodeTransformer):
    """Drops every statement that is only a string: docstrings, and notes below an assignment."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:  # noqa: N802
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node


@functools.cache
def _imports(module: str, packages: frozenset[str]) -> frozenset[str]:
    """Names of the modules of these packages that a module imports, as its source shows."""
    path = _path(module)
    if path.suffix != ".py":
        return frozenset()
    found = set()
    for node in _running(_parse(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if _top(alias.name) in packages}
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(node, module, path)
            if _top(source) in packages:
                found |= {_home(source, alias.name) for alias in node.names}
    return frozenset(found)


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node of a tree but those below ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and _is_type_checking(child.test):
            for statement in child.orelse:
                yield statement
                yield from _running(statement)
        else:
            yield child
            yield from _running(child)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def _absolute(node: ast.ImportFrom, module: str, path: Path) -> str:
    """The full name of what stands after ``from``, its leading dots resolved."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    ups = node.level - (path.name == "__init__.py")
    return ".".join([*parts[: len(parts) - ups], *([node.module] if node.module else [])])


def _home(module: str, name: str) -> str:
    """The module that ``from module import name`` takes a name from.

    That is a submodule of this name, or where a package's ``__init__`` has the name from, which
    may say so below ``if TYPE_CHECKING`` and import it late; else the module itself.
    """
    if _find(f"{module}.{name}"):
        return f"{module}.{name}"
    path = _find(module)
    if path and path.name == "__init__.py":
        for node in ast.walk(_parse(path)):
            for alias in node.names if isinstance(node, ast.ImportFrom) else ():
                if (alias.asname or alias.name) == name:
                    return _home(_absolute(node, module, path), alias.name)
    return module


def _path(module: str) -> Path:
    path = _find(module)
    if path is None:
        raise GrokspecError(
            f"module {module!r} has no file, so that a change of its code would go unnoticed; "
            "put the classes that a spec names into a file of their own"
        )
    return path


def _find(module: str) -> Path | None:
    """The file of a module in a package that is imported, found without importing the module."""
    top, *below = module.split(".")
    for folder in getattr(sys.modules.get(top), "__path__", ()):
        place = Path(folder, *below)
        places = [place / "__init__.py"]
        if below:
            places += [place.with_name(f"{place.name}.py"), *place.parent.glob(f"{place.name}.*.so")]
        for path in places:
            if path.is_file():
                return path
    file = getattr(sys.modules.get(module), "__file__", None)
    return Path(file) if file else None


@functools.cache
def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        raise GrokspecError(f"{path}:{error.lineno}: {error.msg}") from error
