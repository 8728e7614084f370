"""Finds the claims that a mutant names."""

from __future__ import annotations

import ast
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grokspec.errors import GrokspecError, suggestion
from grokspec.files.regular import read_regular, reason
from grokspec.formatting import shown_path
from grokspec.mutation.mutants import SHIPPED, Mutant

MOST_BYTES = 2**24
"""No larger file of claims is read."""


@dataclass(frozen=True)
class MutantTrial:
    """A mutant, and the tests (or the folder of all tests) that judge it, as pytest takes them."""

    mutant: Mutant
    tests: tuple[str, ...]


def select(
    mutants: Sequence[Mutant], folder: Path, file: Path = SHIPPED
) -> tuple[MutantTrial, ...]:
    """Find the tests that each mutant names in a folder of claims.

    All tests judge a mutant that names none. They also judge the mutants that come with grokspec
    if the folder has none of the claims that come with grokspec. Raises a GrokspecError for other
    names that are not found.
    """
    tests = find_tests(folder)
    named = {name for mutant in mutants for name in mutant.claims or ()}
    foreign = file == SHIPPED and not any(name in tests for name in named)
    if not foreign and (unknown := sorted(named - set(tests))):
        place = shown_path(folder)
        raise GrokspecError(
            *(f'claims = "{n}": no test of {place}; {suggestion(n, tests)}' for n in unknown)
        )
    return tuple(_trial(mutant, tests, folder, foreign) for mutant in mutants)


def find_tests(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """The tests of a folder, as pytest takes them, by the name of their function.

    A test also has the name ``file.py::test``, for names that several files use. The files are
    parsed, not run. Raises a GrokspecError if there is no such folder or it has no test.
    """
    if not os.path.isdir(folder):
        raise GrokspecError(f"{shown_path(folder)}: there is no such folder of claims")
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.absolute().rglob("test_*.py")):
        for name in _functions(path):
            found[name].append(f"{path}::{name}")
            found[f"{path.name}::{name}"].append(f"{path}::{name}")
    if not found:
        raise GrokspecError(f"{shown_path(folder)}: no claim in it, no test in a file test_*.py")
    return {name: tuple(tests) for name, tests in found.items()}


def _functions(path: Path) -> list[str]:
    try:
        tree = ast.parse(read_regular(path, MOST_BYTES))
    except SyntaxError as error:
        raise GrokspecError(f"{shown_path(path)}:{error.lineno}  {error.msg}") from None
    except OSError as error:
        raise GrokspecError(f"{shown_path(path)}: {reason(path, error)}") from None
    except (ValueError, RecursionError, MemoryError) as error:  # NUL, or very deep
        raise GrokspecError(f"{shown_path(path)}: is no Python that can be read: {error}") from None
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test")
    ]


def _trial(
    mutant: Mutant, tests: Mapping[str, tuple[str, ...]], folder: Path, foreign: bool
) -> MutantTrial:
    if foreign or mutant.claims is None:
        return MutantTrial(mutant, (str(folder.absolute()),))
    named = (test for name in mutant.claims for test in tests[name])
    return MutantTrial(mutant, tuple(dict.fromkeys(named)))
