"""What a module's file says, read without running it: its syntax tree's hash, its imports."""

from __future__ import annotations

import ast
import functools
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grokspec.errors import GrokspecError
from grokspec.files.inputs import Stamp, file_hash, stamp


@dataclass(frozen=True)
class ModuleSource:
    """One module's source."""

    hash: str
    """Of its syntax tree without comments and docstrings, sha256 in hex."""
    imports: frozenset[tuple[str, str]]
    """What it imports when it runs: a module and a name from it, or a module and ""."""
    origins: dict[str, tuple[str, str]]
    """Where it has each name from that it imports, be it for type checkers only."""


def read_source(module: str) -> ModuleSource:
    """Read the source of a module, which need not be imported, in a package that is."""
    path = _find(module)
    if path is None:
        raise GrokspecError(
            f"module {module!r} has no file, so that a change of its code would go unnoticed; "
            "put the classes that a spec names into a file of their own"
        )
    return _read(module, path, stamp(path))


def home(module: str, name: str) -> str:
    """The module that ``from module import name`` has the name from in the end.

    That is a submodule of this name, or the one that a package's ``__init__`` names for it, which
    may say so below ``if TYPE_CHECKING`` and import it late; else the module itself.
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
    """The file of a module in a package that is imported, found without importing the module."""
    top, *below = module.split(".")
    for folder in getattr(sys.modules.get(top), "__path__", ()):
        place = Path(folder, *below)
        files = [place / "__init__.py"]
        if below:
            files += [place.with_name(f"{place.name}.py"), *place.parent.glob(f"{place.name}.*.so")]
        for path in files:
            if path.is_file():
                return path
    file = getattr(sys.modules.get(module), "__file__", None)
    return Path(file) if file else None


def _is_package(path: Path) -> bool:
    return path.name == "__init__.py"


@functools.cache
def _read(module: str, path: Path, stamp: Stamp) -> ModuleSource:
    if path.suffix != ".py":  # a compiled module has no syntax tree to look at
        return ModuleSource(file_hash(path), frozenset(), {})
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        raise GrokspecError(f"{path}:{error.lineno}:{error.offset}  {error.msg}") from error
    package = module if _is_package(path) else module.rpartition(".")[0]
    imports: set[tuple[str, str]] = set()
    for node in _running(tree):
        imports |= {(module, name) for module, name, _ in _imported(node, package)}
    origins = {
        bound: (module, name)
        for node in ast.walk(tree)
        for module, name, bound in _imported(node, package)
        if name
    }
    bare = ast.dump(_WithoutDocstrings().visit(tree))
    return ModuleSource(hashlib.sha256(bare.encode()).hexdigest(), frozenset(imports), origins)


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node below this one but those below ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(tree):
        parts: list[ast.stmt] | list[ast.AST] = [child]
        if isinstance(child, ast.If) and _is_type_checking(child.test):
            parts = child.orelse
        for part in parts:
            yield part
            yield from _running(part)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def _imported(node: ast.AST, package: str) -> Iterator[tuple[str, str, str]]:
    """The module, the name in it (or "") and the name bound, of each import in a statement."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name, "", alias.asname or alias.name
    elif isinstance(node, ast.ImportFrom):
        module = _absolute(node, package)
        for alias in node.names:
            yield module, alias.name, alias.asname or alias.name


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """The full name of what stands after ``from``, its leading dots resolved."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    parts = parts[: len(parts) - node.level + 1]
    return ".".join([*parts, node.module] if node.module else parts)


class _WithoutDocstrings(ast.NodeTransformer):
    """Drops every statement that is only a string: docstrings, and notes below an assignment."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node
