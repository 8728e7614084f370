"""What happens in a worker: a stack is trained and its results are written to the store."""

from __future__ import annotations

import contextlib
import functools
import math
import platform
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.runner.machine import device_name
from grokspec.store import Store
from grokspec.store.fingerprint import digest, loaded_sources
from grokspec.store.shard import Entry, Provenance, Result

if TYPE_CHECKING:
    from grokspec.spec import Run

BETWEEN_NOTES = 0.2
"""Least time in seconds between two notes of how far a stack is."""


def train_stack(
    folder: str, runs: Sequence[Run], device: str, steps: str | None = None
) -> tuple[Entry, ...]:
    """Train runs of one stack together and write them to the store in this folder, as one shard.

    ``device`` is a torch device name; ``steps`` names a file to keep the number of steps taken
    in. Returns what the shard's header says of each run. Everything given and returned can be
    pickled, and nothing else is shared, so that this can run in any executor's worker.
    """
    experiments = [run.experiment for run in runs]
    sources = [loaded_sources(experiment) for experiment in experiments]
    note = _noting(Path(steps)) if steps else None
    histories = runs[0].engine.train(experiments, device, note)
    made = functools.partial(_provenance, device_name(device), time.time())
    return Store(folder).write(
        [
            Result(
                key=run.key,
                id=run.id,
                experiment=run.experiment.model_dump(mode="json"),
                fingerprint=digest(entered),
                sources=entered,
                history=history,
                provenance=made(run.engine.cost(run.experiment).flops),
            )
            for run, entered, history in zip(runs, sources, histories, strict=True)
        ]
    )


def _noting(file: Path) -> Callable[[int], None]:
    """A function that keeps a number in a file, at most a few times a second."""
    part = file.with_suffix(".part")
    last = -math.inf

    def note(steps: int) -> None:
        nonlocal last
        if time.monotonic() - last < BETWEEN_NOTES:
            return
        last = time.monotonic()
        with contextlib.suppress(OSError):  # only the progress line reads it
            part.write_text(str(steps))
            part.replace(file)

    return note


def _provenance(device: str, created: float, flops: float) -> Provenance:
    return Provenance(
        grokspec=_version("grokspec"),
        torch=_version("torch"),
        numpy=_version("numpy"),
        python=platform.python_version(),
        device=device,
        flops=flops,
        created=created,
    )


@functools.cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # a source tree on the path, without its metadata
        return "unknown"
