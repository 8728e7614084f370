"""The source of a module, read without running it: the hash of its syntax tree, and its imports."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grokspec.errors import GrokspecError
from grokspec.files import syntax
from grokspec.files.inputs import Stamp, file_hash, stamp
from grokspec.files.syntax import imported, running
from grokspec.store import sourcecache

READER = sourcecache.reader_of(__file__, syntax.__file__)
"""The code below, as `sourcecache` knows it."""


@dataclass(frozen=True)
class ModuleSource:
    """One module's source."""

    hash: str
    """Of its syntax tree without comments and docstrings, sha256 in hex."""
    imports: frozenset[tuple[str, str]]
    """What it imports when it runs: (module, name), or (module, "") for ``import module``."""
    origins: dict[str, tuple[str, str]]
    """The (module, name) behind each imported name, also of imports for type checkers only."""

    def to_keep(self) -> sourcecache.Entry:
        """What JSON can hold of it; see `kept`."""
        return {"hash": self.hash, "imports": sorted(self.imports), "origins": self.origins}

    @classmethod
    def kept(cls, entry: Any) -> ModuleSource | None:
        """The source that was kept; None if there is none, or something else."""
        try:
            imports = frozenset((str(module), str(name)) for module, name in entry["imports"])
            origins = {bound: (str(m), str(name)) for bound, (m, name) in entry["origins"].items()}
            return cls(str(entry["hash"]), imports, origins)
        except (TypeError, KeyError, ValueError, AttributeError):
            return None


def read_source(module: str, path: Path | None = None) -> ModuleSource:
    """Read the source of a module from its file, which is found unless it is given.

    The module need not be imported.
    """
    path = path or _find(module)
    if path is None:
        raise GrokspecError(
            f"module {module!r} has no file, so a change to its code would go unnoticed; "
            "put the classes that a spec names into a file of their own"
        )
    return _read(module, path, stamp(path))


def exists(module: str) -> bool:
    """Whether there is a module of that name; it is not imported."""
    return _find(module) is not None


def look_again() -> None:
    """Notice files that were made or removed since they were last looked for."""
    home.cache_clear()
    _modules_below.cache_clear()


@functools.cache
def home(module: str, name: str) -> str:
    """The module that defines what ``from module import name`` imports.

    This is the submodule of that name, or the module from which a package's ``__init__`` imports
    the name (an import under ``if TYPE_CHECKING`` counts: the package may import it lazily), or
    else the module itself. Files are looked for once, until `look_again`.
    """
    if not name:
        return module
    if _find(f"{module}.{name}"):
        return f"{module}.{name}"
    path = _find(module)
    if path and _is_package(path) and name in (origins := read_source(module).origins):
        return home(*origins[name])
    return module


def _find(module: str) -> Path | None:
    top = module.partition(".")[0]
    spec = None if top in sys.modules else importlib.util.find_spec(top)  # imports nothing
    folders = (
        spec.submodule_search_locations if spec else getattr(sys.modules.get(top), "__path__", ())
    )
    if path := _modules_below(top, tuple(folders or ())).get(module):
        return Path(path)
    file = (
        spec.origin
        if spec and module == top
        else getattr(sys.modules.get(module), "__file__", None)
    )
    return Path(file) if file else None


@functools.cache
def _modules_below(top: str, folders: tuple[str, ...]) -> dict[str, str]:
    """The file of every module of a package; where several share a name, the one Python takes."""
    found: dict[str, tuple[int, int, str]] = {}
    for position, folder in enumerate(folders):
        for directory, _, names in os.walk(folder):
            below = os.path.relpath(directory, folder).replace(os.sep, ".")
            package = top if below == "." else f"{top}.{below}"
            for name in names:
                stem, _, ending = name.partition(".")
                if ending == "py" or ending.endswith("so"):
                    module = package if stem == "__init__" else f"{package}.{stem}"
                    rank = 0 if stem == "__init__" else 1 if ending == "py" else 2
                    candidate = (position, rank, os.path.join(directory, name))
                    found[module] = min(found.get(module, candidate), candidate)
    return {module: path for module, (_, _, path) in found.items()}


def _is_package(path: Path) -> bool:
    return path.name == "__init__.py"


@functools.cache
def _read(module: str, path: Path, stamp: Stamp) -> ModuleSource:
    if path.suffix != ".py":  # a compiled module has no syntax tree to look at
        return ModuleSource(file_hash(path), frozenset(), {})
    content = path.read_bytes()
    package = module if _is_package(path) else module.rpartition(".")[0]
    key = sourcecache.key_of(content, package, READER)
    if (found := ModuleSource.kept(sourcecache.find(key))) is not None:
        return found
    try:
        tree = ast.parse(content)
    except SyntaxError as error:
        raise GrokspecError(f"{path}:{error.lineno}:{error.offset}  {error.msg}") from error
    found = source_of(tree, package)
    sourcecache.keep(key, found.to_keep())
    return found


def source_of(tree: ast.Module, package: str) -> ModuleSource:
    """The source in a syntax tree, which is changed; relative imports start in ``package``."""
    imports: set[tuple[str, str]] = set()
    for node in running(tree):
        imports |= {(found.module, found.name) for found in imported(node, package)}
    origins = {
        found.bound: (found.module, found.name)
        for node in ast.walk(tree)
        for found in imported(node, package)
        if found.name
    }
    bare = ast.dump(_WithoutDocstrings().visit(tree))
    return ModuleSource(hashlib.sha256(bare.encode()).hexdigest(), frozenset(imports), origins)


class _WithoutDocstrings(ast.NodeTransformer):
    """Drops every statement that is just a string: docstrings, also those below assignments."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node
