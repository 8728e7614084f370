"""``parts``: Python files whose kinds and measures the spec may choose that names them.

They are run when the spec is read. A spec without this key runs nothing.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grokspec.engines.base import Engine
from grokspec.errors import GrokspecError
from grokspec.files.inputs import FileError, InputFile
from grokspec.files.python import KindInFile, program_as_run, run_file
from grokspec.formatting import in_toml
from grokspec.kinds import Kind, known_too
from grokspec.measures.base import is_measure, measures_of
from grokspec.spec.document import Document

KEY = "parts"


@contextlib.contextmanager
def known_parts(document: Document) -> Iterator[None]:
    """Within the block, what the files define that a spec names in ``parts`` is known.

    Raises a GrokspecError with the mistakes in them. That ``parts`` is no list of texts is left to
    the schema.
    """
    written = document.data.get(KEY, [])
    names = [name for name in written if isinstance(name, str)] if isinstance(written, list) else []
    found: dict[str, dict[str, Any]] = {}
    mistakes = []
    for place, name in enumerate(names):
        try:
            _add(_defined_in(_located(name)), found)
        except GrokspecError as error:
            why = error.reason if isinstance(error, FileError) else str(error)
            message = f"{KEY} = {in_toml(str(name))}: {why}"
            mistakes.append(document.mistake(message, (KEY, place), "value"))
    if mistakes:
        raise GrokspecError(*mistakes)
    with known_too(found):
        yield


def _located(name: str) -> Path:
    """A file, relative to the one that names it."""
    path = InputFile.find(name, getattr(name, "folder", None)).path
    if path.suffix != ".py":
        raise FileError(path, 'is no .py file; name one, such as "my_parts.py"')
    return path


def _defined_in(path: Path) -> dict[str, dict[str, Any]]:
    """The kinds of each family that a file defines or imports, and its measures, by name."""
    module = run_file(path)
    program = program_as_run(path)
    assert program is not None, "it was run"
    found: dict[str, dict[str, Any]] = {}
    for called, kind in vars(module).items():
        if _is_kind_apart(kind):
            kind.origin = KindInFile(path, called, program.digest)
            found.setdefault(kind.family, {}).update(dict.fromkeys(kind.names(), kind))
    if measures := measures_of(module):
        found["measure"] = measures
    if not found:
        raise FileError(
            path,
            "defines no kind and no measure: a kind is a subclass of Task, Model, Optimizer, Probe "
            'or Figure with kind: Literal["…"], a measure a function below @measure("…")',
        )
    for family, named in found.items():
        for name, value in named.items():
            _check_name(path, family, name, value)
    return found


def _is_kind_apart(value: Any) -> bool:
    """Whether something is a kind that not every spec knows."""
    is_kind = isinstance(value, type) and issubclass(value, Kind) and bool(value.names())
    return is_kind and value not in value.alternatives.values()


def _check_name(path: Path, family: str, name: str, value: Any) -> None:
    """Raise a FileError if a kind or a measure may not have its name, or not be in a file."""
    if family == "measure":
        if is_measure(name):
            raise FileError(path, f"measure {in_toml(name)}: there is one already; rename it")
        return
    if issubclass(value, Engine):
        raise FileError(
            path,
            f"defines the engine {in_toml(name)}, which would train what other specs describe as "
            "well; an engine comes with an installed plugin (docs/adding-a-task.md says how)",
        )
    known = value.alternatives.get(name)
    if known is not None and not _is_same_file(known, path):
        raise FileError(
            path,
            f"{family} kind {in_toml(name)} of class {value.__name__}: there is one already, in "
            f"{known.__module__}; give it a name of its own, "
            f'kind: Literal["my_{name}"] = "my_{name}"',
        )


def _is_same_file(kind: type[Kind], path: Path) -> bool:
    """Whether a kind that every spec knows comes from the same file, say because it is run."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return file is not None and os.path.exists(file) and os.path.samefile(file, path)


def _add(more: dict[str, dict[str, Any]], found: dict[str, dict[str, Any]]) -> None:
    """Add what a file defines to what others do. A GrokspecError if a name is there twice."""
    for family, named in more.items():
        known = found.setdefault(family, {})
        for name, value in named.items():
            if _is_another(known.setdefault(name, value), value):
                raise GrokspecError(
                    f"{family} {in_toml(name)} is defined in another file of {KEY} as well; give "
                    "one of the two another name"
                )


def _is_another(known: Any, value: Any) -> bool:
    """Whether two kinds or measures of one name differ: a file may import those of another."""
    files = [getattr(sys.modules.get(v.__module__), "__file__", None) for v in (known, value)]
    return known is not value and (files[0] != files[1] or known.__name__ != value.__name__)
