"""Where a command runs and prints: the working directory, and streams that take not all text."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Iterator

from grokspec.errors import GrokspecError

PLAIN = {"→": "->", "×": "x", "…": "...", "—": "-", "–": "-", "−": "-", "·": "*", "±": "+-"}
"""What is printed in the place of a character that a terminal lacks; others are escaped."""


def take_all_text() -> None:
    """Let the standard streams replace what their encoding lacks, instead of failing."""
    codecs.register_error("grokspec", _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="grokspec")


def can_print(text: str) -> bool:
    """Whether standard output takes every character of a text."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def require_working_directory() -> None:
    """Raise a GrokspecError if the working directory was removed."""
    try:
        os.getcwd()
    except OSError:
        raise GrokspecError(
            "the working directory was removed; change to a folder that exists"
        ) from None


@contextlib.contextmanager
def explained_output() -> Iterator[None]:
    """Turn what the system refuses, such as to write to a full disk, into a GrokspecError."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _give_up_what_cannot_be_written()
        what = "standard output: cannot be written: " if error.errno else ""  # the system's answer
        what = f"{error.filename}: " if error.filename else what
        raise GrokspecError(f"{what}{error.strerror or error}") from error


def _give_up_what_cannot_be_written() -> None:
    """Close standard output if it is full, as Python would try again at the end."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError):
            sys.stdout.close()


def _replaced(error: UnicodeError) -> tuple[str | bytes, int]:
    assert isinstance(error, UnicodeEncodeError)
    character = error.object[error.start]
    escaped = character.encode("ascii", "backslashreplace").decode()
    return PLAIN.get(character, escaped), error.start + 1
