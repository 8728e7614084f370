"""A Python file and those beside it: what is found of them, and that their texts are what runs."""

from __future__ import annotations

import os
import sys

import pytest

from grokspec.files.inputs import FileError
from grokspec.files.program import MAIN, Program
from grokspec.files.python import program_as_run, run_file


@pytest.fixture
def write(tmp_path):
    def write(name: str, text: str):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("line", "modules"),
    [
        ("import layers", {"layers"}),
        ("import layers as l, json", {"layers"}),
        ("from layers import Block", {"layers"}),
        ("def f():\n    import layers", {"layers"}),
        ("import pkg", {"pkg"}),
        ("import pkg.blocks", {"pkg", "pkg.blocks", "pkg.inner", "layers"}),
        ("from pkg import blocks", {"pkg", "pkg.blocks", "pkg.inner", "layers"}),
        ("from pkg.inner import x", {"pkg", "pkg.inner"}),
        ("import bare.leaf", {"bare.leaf"}),
        ("from bare import leaf", {"bare.leaf"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import layers", set()),
        ("import grokspec.rng, torch, nothing_of_the_kind", set()),
        ("from . import layers", set()),
    ],
)
def test_the_files_beside_a_file_are_found_in_its_text(write, line, modules):
    write("layers.py", "raise SystemExit('was run')")
    write("pkg/__init__.py", "")
    write("pkg/blocks.py", "from . import inner\nfrom .inner import x\nimport layers")
    write("pkg/inner.py", "x = 1")
    write("bare/leaf.py", "x = 1")
    write("grokspec/rng.py", "x = 1")
    program = Program.read(write("main.py", line))
    assert set(program.files) == {MAIN, *modules}


def test_a_file_beside_that_is_no_python_is_named_with_the_line(write):
    write("layers.py", "x = 1\ny = = 2\n")
    with pytest.raises(FileError, match=r"layers\.py: line 2: invalid syntax \(y = = 2\)"):
        Program.read(write("main.py", "import layers"))


PACKAGE = "from pkg.blocks import value\nimport bare.leaf\nvalue += bare.leaf.value"


def test_packages_beside_a_file_are_imported(write):
    write("pkg/__init__.py", "from .blocks import value")
    write("pkg/blocks.py", "from . import inner\nvalue = inner.value")
    write("pkg/inner.py", "value = 1")
    write("bare/leaf.py", "value = 10")
    assert run_file(write("main.py", PACKAGE)).value == 11


def test_an_edit_within_the_same_second_and_of_the_same_size_is_run(write):
    """Python's cache of compiled files would not notice it."""
    main = write("main.py", "from layers import value")
    for value in (1, 2, 1):
        file = write("layers.py", f"value = {value}")
        os.utime(file, (1e9, 1e9))
        assert run_file(main).value == value


def test_what_a_function_imports_later_is_of_the_text_that_was_read(write):
    main = write("main.py", "def value():\n    from layers import value\n    return value")
    write("layers.py", "value = 1")
    module = run_file(main)
    write("layers.py", "value = 2")
    assert module.value() == 1
    assert program_as_run(main).texts["layers"] == b"value = 1"
    assert run_file(main).value() == 2


def test_two_programs_have_files_of_the_same_name(write):
    for name in ("a", "b"):
        write(f"{name}/layers.py", f"value = {name!r}")
        write(f"{name}/late.py", f"import layers\nvalue = layers.value + {name!r}")
    text = "import layers\ndef value():\n    from late import value\n    return layers.value, value"
    a, b = (write(f"{name}/main.py", text) for name in ("a", "b"))
    assert run_file(a).value() == ("a", "aa")
    assert run_file(b).value() == ("b", "bb")
    assert run_file(a).value() == ("a", "aa")
    assert sys.modules["layers"] is run_file(a).layers


def test_a_file_that_was_imported_before_in_another_way_is_run_anew(write, monkeypatch):
    """From which text it was imported, nobody knows."""
    write("beforehand.py", "value = 1")
    monkeypatch.syspath_prepend(str(write("main.py", "from beforehand import value").parent))
    import beforehand

    assert beforehand.value == 1
    write("beforehand.py", "value = 2")
    assert run_file(write("main.py", "from beforehand import value")).value == 2


def test_a_file_with_the_name_of_a_module_that_is_imported_is_refused(write):
    main = write("main.py", "import json")
    write("json.py", "")
    with pytest.raises(FileError, match=r"main\.py: imports json, and .* rename json\.py"):
        run_file(main)


def test_a_package_with_kinds_for_all_specs_is_imported_as_it_is(write, monkeypatch):
    monkeypatch.setattr("grokspec.files.program.homes_of_kinds", lambda: {"layers"})
    write("layers.py", "")
    assert set(Program.read(write("main.py", "import layers")).files) == {MAIN}
