"""Writing a file that the user asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from grokspec.errors import GrokspecError


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Make the folder that a file is to stand in; a GrokspecError if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise GrokspecError(f"{path}: cannot be written: {error.strerror}") from None
