"""What was recorded: runs with their histories, and the files that they were read from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from grokspec.engines.base import History

Scalar = str | int | float | bool


@dataclass(frozen=True)
class Source:
    """A file that results were read from.

    ``name`` is its path as the spec matches it and ``sha256`` the hash of its content, or of the
    contents of a folder, in hex. ``rows`` are those of a table (0 for arrays), ``columns`` the
    columns, arrays or tags that were read.
    """

    name: str
    path: Path
    sha256: str
    rows: int = 0
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordedRun:
    """One run: a value on each axis, a seed and what was recorded.

    ``rows`` are how many rows of a table it was read from (0 for arrays).
    """

    coordinates: dict[str, Scalar]
    seed: int
    history: History
    source: Source = field(compare=False)
    rows: int = field(default=0, compare=False)

    @cached_property
    def key(self) -> str:
        """Its identity by content, in hex: the same numbers have it in any file and format."""
        digest = hashlib.sha256()
        point = {name: _plain(value) for name, value in sorted(self.coordinates.items())}
        digest.update(json.dumps([point, self.seed]).encode())
        for name, values in [("", self.history.steps), *sorted(self.history.quantities.items())]:
            digest.update(json.dumps([name, values.shape]).encode())
            digest.update(_canonical(values))
        return digest.hexdigest()


@dataclass(frozen=True)
class Recording:
    """Runs, by their coordinates and seeds, and all files they were read from, by name."""

    runs: tuple[RecordedRun, ...]
    sources: tuple[Source, ...]


def _plain(value: Scalar) -> Scalar:
    """A value of an axis as it is hashed: a whole number is the same as a float or an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _canonical(values: np.ndarray) -> bytes:
    """The numbers as bytes that are the same on every machine; there is only one NaN."""
    import numpy as np

    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), np.nan, values)
    return np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes()
