"""The source of kinds that are defined where Python runs them: in a script or in a notebook.

Their module is `__main__`. For a script its source is the script's file. Worker processes import it
under another name, but it is hashed as the same module. A notebook has no file, so the source is
what the classes need of its cells: the statements that define them, and those that define the names
which these use, and so on.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import linecache
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FunctionType
from typing import Any

from grokspec.errors import GrokspecError
from grokspec.files.syntax import bound, changed, used
from grokspec.store.sourcecode import ModuleSource, source_of

NAMES = ("__main__", "__mp_main__")
"""The names of the running module, the second one in workers of multiprocessing."""


def is_running(module: str) -> bool:
    """Whether a module is the one that Python runs, under one of its names."""
    return module in NAMES


def settled(module: str) -> str:
    """The name of a module that is the same in every process, and with ``python -m``."""
    if not is_running(module):
        return module
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return getattr(spec, "name", None) or "__main__"


def is_in_cells(module: str) -> bool:
    """Whether a module is the running one and has no file: a notebook, or an interactive shell."""
    return is_running(module) and script() is None


def script() -> Path | None:
    """The script that Python runs; None in a notebook."""
    file = getattr(sys.modules["__main__"], "__file__", None)
    return Path(file) if file else None


def source_in_cells(classes: Iterable[type]) -> ModuleSource:
    """The source that classes defined in a notebook need of its cells.

    Raises a GrokspecError where what was typed in is not kept, as in Python's own shell.
    """
    todo = {cls.__name__: cls for cls in classes}
    needed: set[str] = set()
    tree = ast.Module([], [])
    while todo:
        name, value = todo.popitem()
        statements = _defining(name, value)
        if isinstance(value, type) and not statements:
            raise GrokspecError(
                f"class {name} was typed in where its source is not kept, so a change to its code "
                "would go unnoticed; put the classes that a spec names into a file of their own"
            )
        for statement in statements:
            if (text := ast.dump(statement)) not in needed:
                needed.add(text)
                tree.body.append(statement)
                todo |= {name: _value(name) for name in used(statement)}
    tree.body.sort(key=ast.dump)  # the order in which cells were run is not a part of them
    return source_of(tree, "")


def _defining(name: str, value: Any) -> list[ast.stmt]:
    """The statement that defined a name, and those after it that changed what it stands for."""
    own = [ast.dump(s) for s in _statements(_cell_of(value)) if name in _bound(s)][-1:]
    defining: list[ast.stmt] = []
    for statement in (s for cell in [_cell_of(value), *_cells()] for s in _statements(cell)):
        if name in changed(statement):
            defining.append(statement)
        elif name in _bound(statement) and (not own or ast.dump(statement) in own):
            defining = [statement]
    return defining


def _cell_of(value: Any) -> str:
    """The cell that defined a function, or a class by its functions; else empty.

    A later cell of the history that defines it, too, may have failed.
    """
    functions = [value, *vars(value).values()] if isinstance(value, type) else [value]
    for function in functions:
        if isinstance(function, FunctionType) and is_running(function.__module__):
            return "".join(linecache.getlines(function.__code__.co_filename))
    return ""


def _cells() -> list[str]:
    """The cells that were run, in order; none outside IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return list(shell.user_ns.get("In", ())) if shell is not None else []


@functools.lru_cache(maxsize=1024)
def _statements(cell: str) -> tuple[ast.stmt, ...]:
    with contextlib.suppress(SyntaxError, ValueError):  # such a cell did not run
        return tuple(ast.parse(cell).body)
    return ()


def _value(name: str) -> Any:
    return getattr(sys.modules["__main__"], name, None)


def _bound(statement: ast.stmt) -> set[str]:
    """The names of the notebook that a statement defines, and not only changes."""
    return {*bound(statement)} - {*changed(statement)}
