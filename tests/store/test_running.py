"""Kinds defined in a script or a notebook: the source that their results depend on."""

from __future__ import annotations

import contextlib
import linecache
import sys
from types import ModuleType, SimpleNamespace

import pytest

from grokspec.errors import GrokspecError
from grokspec.store.running import is_in_cells, settled, source_in_cells

CLASS = """
import math
SCALE = 2.0

def shape(x):
    return SCALE * x

class Task:
    '''A task.'''

    def draw(self, seed):
        noise = seed
        return shape(noise)
"""


class Notebook:
    """A stand-in for IPython: it runs cells in a module without a file and keeps their text."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        module.In = [""]
        self.user_ns = vars(module)

    def run(self, cell: str) -> None:
        name = f"<cell {len(self.module.In)}>"
        linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
        self.module.In.append(cell)
        exec(compile(cell, name, "exec"), vars(self.module))

    def hash(self, *classes: str) -> str:
        """The hash of what classes need of the cells."""
        return source_in_cells(vars(self.module)[name] for name in classes or ["Task"]).hash


@pytest.fixture
def notebook(monkeypatch) -> Notebook:
    module = ModuleType("__main__")
    notebook = Notebook(module)
    monkeypatch.setitem(sys.modules, "__main__", module)
    ipython = SimpleNamespace(get_ipython=lambda: notebook)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return notebook


def test_a_module_without_a_file_is_in_cells(notebook):
    assert is_in_cells("__main__")
    assert not is_in_cells("grokspec.kinds")


@pytest.mark.parametrize(
    "cell",
    [
        CLASS,
        CLASS.replace("A task.", "Another description."),
        CLASS.replace("SCALE = 2.0", "SCALE = 2.0  # a comment"),
        "noise = 3",  # the method has a name of its own for this
        "results = 'something else'",
        "%time this is no Python",
        "print(Task().draw(1))",
    ],
)
def test_a_cell_that_changes_nothing_a_class_needs_changes_no_hash(notebook, cell):
    notebook.run(CLASS)
    before = notebook.hash()
    with contextlib.suppress(SyntaxError):
        notebook.run(cell)
    assert notebook.hash() == before


@pytest.mark.parametrize(
    "cell",
    [
        CLASS.replace("noise = seed", "noise = -seed"),
        "SCALE = 3.0",
        "SCALE *= 3.0",
        "def shape(x):\n    return x",
        "if True:\n    SCALE = 4.0",
        "for SCALE in range(3): pass",
        "from math import sqrt as shape",
        "Task.draw = lambda self, seed: 0",
    ],
)
def test_a_cell_that_changes_what_a_class_needs_changes_the_hash_until_it_is_undone(notebook, cell):
    notebook.run(CLASS)
    before = notebook.hash()
    notebook.run(cell)
    assert notebook.hash() != before
    notebook.run(CLASS)
    assert notebook.hash() == before


def test_a_cell_that_failed_does_not_count(notebook):
    notebook.run(CLASS)
    before = notebook.hash()
    with pytest.raises(ZeroDivisionError):
        notebook.run("1 / 0" + CLASS.replace("noise = seed", "noise = -seed"))
    assert notebook.hash() == before


def test_how_cells_are_divided_and_ordered_does_not_count(notebook):
    notebook.run(CLASS)
    before = notebook.hash()
    first, second = CLASS.split("\nclass")
    notebook.module.In[:] = [""]
    notebook.run("class" + second)
    notebook.run(first)
    assert notebook.hash() == before


def test_a_class_without_methods_is_found_in_the_history(notebook):
    notebook.run(CLASS + "\nclass Wide(Task):\n    width = 3\n")
    before = notebook.hash("Wide")
    notebook.run("class Wide(Task):\n    width = 4\n")
    assert notebook.hash("Wide") != before


def test_what_the_cells_import_is_known(notebook):
    notebook.run(
        "from grokspec.rng import generator\n" + CLASS.replace("return shape", "return generator")
    )
    assert ("grokspec.rng", "generator") in source_in_cells([notebook.module.Task]).imports


def test_a_class_whose_source_is_not_kept_is_refused(notebook):
    notebook.module.Task = type("Task", (), {"__module__": "__main__"})
    with pytest.raises(GrokspecError, match="class Task was typed in where its source is not kept"):
        notebook.hash()


@pytest.mark.parametrize(
    ("spec", "name"),
    [(None, "__main__"), (SimpleNamespace(name="package.script"), "package.script")],
)
def test_a_script_has_one_name_in_this_process_and_in_workers(notebook, spec, name):
    notebook.module.__spec__ = spec
    assert settled("__main__") == settled("__mp_main__") == name
    assert settled("grokspec.kinds") == "grokspec.kinds"
