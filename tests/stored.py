"""Small results for tests of the store, and damages to their files."""

from __future__ import annotations

import contextlib
import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from grokspec.engines.base import History, Kept
from grokspec.store import Store
from grokspec.store.folder import ENDING
from grokspec.store.shard import Provenance, Result


def result(
    key: str = "a" * 64,
    made_by: str = "code 1",
    created: float = 1.0,
    sequence: int = 0,
    **history,
) -> Result:
    """A result with a small history; ``history`` replaces fields of it."""
    fields = {
        "steps": np.array([0, 1, 10]),
        "quantities": {"train_loss": np.array([1.0, 0.5, 0.25]), "baseline": np.array(0.75)},
        "seconds": 0.5,
    }
    return Result(
        key=key,
        id=f"spec/{key[:4]}",
        experiment={"seed": 3, "model": {"alpha": 0.125}},
        fingerprint=made_by,
        sources={"grokspec.engines.moments.engine": made_by},
        history=History(**{**fields, **history}),
        provenance=Provenance(
            grokspec="0.1.0",
            torch="2.13",
            numpy="2.4",
            python="3.11",
            device="cpu",
            flops=1e9,
            created=created,
        ),
        sequence=sequence,
    )


def of(spec: str, letter: str, **fields) -> Result:
    """A result of a run of a spec, whose key is this letter 64 times."""
    return replace(result(letter * 64, **fields), id=f"{spec}/s0-{letter * 8}")


def with_weights(own: Result, value: float = 1.0) -> Result:
    """The result, which has kept weights."""
    kept = Kept(np.array([10]), {"hidden": np.full((1, 3, 2), value)})
    return replace(own, history=replace(own.history, kept=kept))


def only_shard(store: Store) -> Path:
    (shard,) = store.files()
    return shard


def count_reads(monkeypatch) -> Counter[str]:
    """Counts, from now on, how often each shard is opened, by name."""
    opened: Counter[str] = Counter()
    genuine = os.open

    def counted(path, *args, **kwargs):
        if str(path).endswith(ENDING):
            opened[Path(path).name] += 1
        return genuine(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", counted)
    return opened


def flipped(shard: Path) -> None:
    """Flip the last bit."""
    data = bytearray(shard.read_bytes())
    data[-1] ^= 1
    shard.write_bytes(data)


@contextlib.contextmanager
def ending_within(seconds: int) -> Iterator[None]:
    """Raise a TimeoutError in what takes longer."""

    def too_long(*arguments: object) -> None:
        raise TimeoutError(f"took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
