"""A small stand-in for MNIST, with its own checksums, and fewer signals of MNIST-1D."""

from __future__ import annotations

import gzip
import hashlib
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grokspec.tasks import mnist, mnist1d


def idx(array: np.ndarray) -> bytes:
    """An array of unsigned bytes in the IDX format."""
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


def pictures(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Random images [example, row, column] and digits."""
    source = np.random.default_rng(0)
    return source.integers(0, 256, (count, 28, 28)), source.integers(0, 10, count)


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, count: int = 60) -> None:
    """Make the task "mnist" read a few random images from a folder, and never fetch any.

    The task "mnist1d" has fewer signals, since making all takes seconds.
    """
    monkeypatch.setattr(mnist1d, "EXAMPLES", 200)
    monkeypatch.setenv("GROKSPEC_DATA", str(folder))
    monkeypatch.setattr(mnist.Mnist, "available", count)
    (folder / "mnist").mkdir(parents=True)
    for name, array in zip(("IMAGES", "LABELS"), pictures(count), strict=True):
        content = gzip.compress(idx(array))
        sha256 = hashlib.sha256(content).hexdigest()
        file = replace(getattr(mnist, name), sha256=sha256, url="http://localhost:1/none")
        (folder / file.name).write_bytes(content)
        monkeypatch.setattr(mnist, name, file)
