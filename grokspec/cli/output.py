"""Output files: their format follows from their ending; they are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from grokspec.errors import GrokspecError
from grokspec.files.atomic import explained, write_whole

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")


def by_ending(output: Path, formats: Mapping[str, T], what: str) -> T:
    """The format for the ending of a file. Raises a GrokspecError that lists the endings."""
    ending = output.suffix.lower()
    if ending not in formats:
        *others, last = formats
        endings = f"{', '.join(others)} or {last}" if others else last
        raise GrokspecError(f"{output}: {what} is written as {endings}")
    return formats[ending]


def terminal() -> Console:
    """The terminal; `main` has it replace the characters that it lacks."""
    from rich.console import Console

    return Console(highlight=False)


def require_writable(output: Path) -> None:
    """Make the folder of a file. Raises a GrokspecError if no file can be written there."""
    if os.path.isdir(output):
        raise GrokspecError(f"{output} is a folder; name a file")
    with explained(f"{output}: cannot be written"):
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output.parent):
            pass


def write_text(output: Path, text: str) -> None:
    """Write a file and make its folder. Raises a GrokspecError if that fails."""
    with explained(f"{output}: cannot be written"):
        output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(output, text.encode())
