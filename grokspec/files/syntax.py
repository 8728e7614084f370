"""What statements of Python define, change, use and import, read from their syntax trees."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Imported:
    """One name that a statement imports.

    ``name`` is that in the module, "" for ``import module`` and "*" for all. ``bound`` is what the
    statement defines, and ``holder`` the module that it stands for, or in which it is: ``a`` for
    ``import a.b``.
    """

    module: str
    name: str
    bound: str
    holder: str


def bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement at the top of a file defines; "*" for those of a star import."""
    for node in outside_functions(statement):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def changed(statement: ast.stmt) -> Iterator[str]:
    """The names whose value a statement changes: ``x += 1``, ``x.y = 1``, ``x[0] = 1``."""
    for node in outside_functions(statement):
        target: ast.AST | None = None
        if isinstance(node, ast.AugAssign):
            target = node.target
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            target = node
        while isinstance(target, ast.Attribute | ast.Subscript):
            target = target.value
        if isinstance(target, ast.Name):
            yield target.id


def used(statement: ast.stmt) -> set[str]:
    """The global names that a statement reads or binds, now or when its functions are called."""
    tables = [symtable.symtable(ast.unparse(statement), "statement", "exec")]
    names = {symbol.get_name() for symbol in tables[0].get_symbols()}
    while tables:
        table = tables.pop()
        tables += table.get_children()
        names |= {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return names


def imported(node: ast.AST, package: str = "") -> Iterator[Imported]:
    """What a node imports, if it is an import; relative names start in the package."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield Imported(alias.name, "", alias.asname or top, alias.name if alias.asname else top)
    elif isinstance(node, ast.ImportFrom):
        module = _absolute(node, package)
        for alias in node.names:
            yield Imported(module, alias.name, alias.asname or alias.name, module)


def outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement without what functions and classes do within themselves."""
    yield node
    inner: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        inner = ()
    elif isinstance(node, ast.comprehension):  # what it assigns to is known only within it
        inner = (node.iter, *node.ifs)
    for child in inner:
        yield from outside_functions(child)


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node below this one, except those under ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(tree):
        parts: list[ast.stmt] | list[ast.AST] = [child]
        if isinstance(child, ast.If) and is_type_checking(child.test):
            parts = child.orelse
        for part in parts:
            yield part
            yield from running(part)


def is_type_checking(test: ast.expr) -> bool:
    """Whether the condition of an ``if`` is ``TYPE_CHECKING``, which is false when code runs."""
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """The full name of the module after ``from``, with leading dots resolved."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    parts = parts[: len(parts) - node.level + 1]
    return ".".join([*parts, node.module] if node.module else parts)
