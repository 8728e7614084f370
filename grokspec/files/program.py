"""A Python file and the files beside it that it imports: their texts, and their import from these.

Which files these are is read from the texts, so that nothing is run to find out. They are found as
for a script, whose own folder Python looks at first: ``layers.py``, a package ``layers`` with its
submodules, and what these import in turn.

When the program runs, the files beside it are compiled from the texts that were read and from
nothing else. So what runs is what was hashed, also if a file is edited meanwhile. Python itself
would take a compiled copy from its cache if a file has the size and the second of the one before.

Of several programs in one process, each has modules of its own, also if they have the same names:
those of the program that was last asked for are in ``sys.modules``.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from grokspec.files.inputs import FileError
from grokspec.files.regular import read_regular, reason
from grokspec.files.syntax import imported, running
from grokspec.kinds import defined_apart, homes_of_kinds

MOST_BYTES = 2**22
"""No larger Python file is read."""

MAIN = ""
"""The name in a program of the file itself, which is no module that others import."""


@dataclass(frozen=True, eq=False)
class Program:
    """A Python file and the files beside it that it imports, by the names of their modules."""

    path: Path
    files: dict[str, Path]
    texts: dict[str, bytes]
    modules: dict[str, ModuleType] = field(default_factory=dict)
    """The modules of the files beside it, while another program is the present one."""

    @classmethod
    def read(cls, path: Path) -> Program:
        """The program of a file. Raises a FileError if one of its files is no Python."""
        program = cls(path, {MAIN: path}, {MAIN: text_of(path)})
        todo = [MAIN]
        while todo:
            for name in program._imported_by(todo.pop()):
                file = _file_beside(path, name)
                if file is not None and name not in program.files:
                    program.files[name] = file
                    program.texts[name] = text_of(file)
                    todo.append(name)
        return program

    @functools.cached_property
    def digest(self) -> str:
        """The hash of its texts, sha256 in hex."""
        digest = hashlib.sha256()
        for name, text in sorted(self.texts.items()):
            digest.update(f"{name} {len(text)} ".encode() + text)
        return digest.hexdigest()

    @property
    def is_current(self) -> bool:
        """Whether its files still have these texts."""
        return all(_has_text(file, self.texts[name]) for name, file in self.files.items())

    def statements(self, module: str) -> list[ast.stmt]:
        """The statements of one of its files. Raises a FileError if it is no Python."""
        return parsed(self.texts[module], self.files[module])

    def package(self, module: str) -> str:
        """Where relative imports of one of its files start."""
        return module if self.files[module].name == "__init__.py" else module.rpartition(".")[0]

    def label(self, module: str) -> str:
        """The name of one of its files, wherever the program lies."""
        return self.files[module].relative_to(self.path.parent).as_posix()

    def holds(self, module: str) -> bool:
        """Whether a module, or a package without a file of its own, is one of its files."""
        below = f"{module}."
        return bool(module) and any(n == module or n.startswith(below) for n in self.files)

    def _imported_by(self, module: str) -> Iterator[str]:
        """What one of its files imports, and the packages around that."""
        package = self.package(module)
        tree = ast.Module(self.statements(module), [])
        for found in (i for node in running(tree) for i in imported(node, package)):
            names = found.module.split(".")
            yield from (".".join(names[:length]) for length in range(1, len(names) + 1))
            if found.name:
                yield f"{found.module}.{found.name}"

    def become_present(self) -> None:
        """Have Python import the files beside the program from their texts."""
        global _present
        if _present is self:
            return
        if not any(isinstance(finder, _FromTexts) for finder in sys.meta_path):
            sys.meta_path.insert(0, _FromTexts())
        if str(self.path.parent) not in sys.path:
            sys.path.append(str(self.path.parent))
        importlib.invalidate_caches()
        if _present is not None:
            _present.modules.update(_present._take_out())
        self._take_out()  # perhaps imported by whoever called grokspec, from a text we don't know
        sys.modules.update(self.modules)
        _present = self

    def _take_out(self) -> dict[str, ModuleType]:
        """Remove the modules of its files from those that Python has imported."""
        tops = {_top(name) for name in self.files if _is_file(_file_of(name), self.files[name])}
        return {name: sys.modules.pop(name) for name in [*sys.modules] if _top(name) in tops}

    def check_imported(self) -> None:
        """Raise a FileError if Python took another module for one of its files."""
        for name, file in self.files.items():
            if name in sys.modules and not _is_file(_file_of(name), file):
                raise FileError(
                    self.path,
                    f"imports {name}, and Python has another module of that name "
                    f"({_file_of(name) or 'a built-in one'}); rename {self.label(name)}",
                )


_present: Program | None = None


class _FromTexts(MetaPathFinder):
    """Imports the files of the present program from their texts."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if _present is None or name not in _present.files:
            return None
        file = _present.files[name]
        return importlib.util.spec_from_file_location(
            name,
            file,
            loader=_TextLoader(name, str(file), _present.texts[name]),
            submodule_search_locations=[str(file.parent)] if file.name == "__init__.py" else None,
        )


class _TextLoader(SourceFileLoader):
    """Loads a module from a text."""

    def __init__(self, name: str, path: str, text: bytes) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        with defined_apart():
            super().exec_module(module)


def text_of(path: Path) -> bytes:
    """The text of a Python file. Raises a FileError if it cannot be read."""
    try:
        return read_regular(path, MOST_BYTES)
    except OSError as error:
        raise FileError(path, reason(path, error)) from None


def parsed(text: bytes, path: Path) -> list[ast.stmt]:
    """The statements of a text, read from a path. Raises a FileError if it is no Python."""
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError) as error:  # ValueError: null bytes
        line = getattr(error, "lineno", None)
        at = f"line {line}: " if line else ""
        wrong = (getattr(error, "text", None) or "").strip()
        shown = f" ({wrong})" if wrong else ""
        raise FileError(path, f"{at}{getattr(error, 'msg', error)}{shown}") from None


def _file_beside(path: Path, module: str) -> Path | None:
    """The file beside another of a module that it imports; None if there is none.

    A package whose kinds all specs may choose is imported as what it is, and only once.
    """
    names = module.split(".")
    if names[0] in homes_of_kinds() or not all(name.isidentifier() for name in names):
        return None
    base = path.parent.joinpath(*names)
    candidates = (base / "__init__.py", base.with_name(f"{base.name}.py"))
    return next((file for file in candidates if file.is_file()), None)


def _file_of(module: str) -> str | None:
    """The file of a module that Python has imported."""
    return getattr(sys.modules.get(module), "__file__", None)


def _is_file(taken: str | None, file: Path) -> bool:
    """Whether Python took a file."""
    return taken is not None and os.path.exists(taken) and os.path.samefile(taken, file)


def _has_text(file: Path, text: bytes) -> bool:
    try:
        return text_of(file) == text
    except FileError:
        return False


def _top(module: str) -> str:
    return module.partition(".")[0]
