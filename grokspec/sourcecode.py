"""What a module's file says, read without running it: its syntax tree's hash and its imports."""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grokspec.errors import GrokspecError


@dataclass(frozen=True)
class Source:
    """One module's source."""

    hash: str
    """Of its syntax tree, without comments and docstrings; sha256 in hex."""
    imports: frozenset[tuple[str, str]]
    """What is imported when it runs: a module and a name in it, or a module and ""."""
    origins: dict[str, tuple[str, str]]
    """Where each imported name comes from, those below ``if TYPE_CHECKING`` too."""

    @property
    def is_package(self) -> bool:
        return self._is_package


def top(module: str) -> str:
    """The name of the package that a module lies in."""
    return module.partition(".")[0]


def source(module: str) -> Source:
    """The source of a module, which need not be imported, of a package that is."""
    path = find(module)
    if path is None:
        raise GrokspecError(
            f"module {module!r} has no file, so that a change of its code would go unnoticed; "
            "put the classes that a spec names into a file of their own"
        )
    return _read(path, stamp(path), module)


def file_hash(path: Path) -> str:
    """Hash of a file's content, sha256 in hex."""
    try:
        return _file_hash(path, stamp(path))
    except OSError as error:
        raise GrokspecError(f"{path}: cannot be read: {error.strerror}") from error


def home(module: str, name: str) -> str:
    """The module that ``from module import name`` takes the name from.

    That is a submodule of this name, or the one that a package's ``__init__`` has it from, which
    may say so below ``if TYPE_CHECKING`` and import it late; else the module itself.
    """
