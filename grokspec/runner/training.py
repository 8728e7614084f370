"""What a worker does: it trains a stack and writes the results to the store."""

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

from grokspec.engines.base import Begun
from grokspec.errors import GrokspecError
from grokspec.files.atomic import StorageError
from grokspec.files.python import settings_of
from grokspec.files.settings import applied
from grokspec.runner.failure import StackError
from grokspec.runner.machine import device_name
from grokspec.spec.runs import probes_of, trajectory_of
from grokspec.store import Store
from grokspec.store.composing import composed, pieces_for
from grokspec.store.fingerprint import digest, files_of, loaded_sources
from grokspec.store.shard import Entry, Provenance, Result

if TYPE_CHECKING:
    from grokspec.engines.base import History, StepCallback
    from grokspec.plan import Beginning
    from grokspec.runner.numbers import Numbers
    from grokspec.spec import Run

SECONDS_BETWEEN_NOTES = 0.2
"""The least time between two notes of the number of steps taken."""


def train_stack(
    folder: str,
    runs: Sequence[Run],
    device: str,
    steps: str | None = None,
    sequence: int = 0,
    beginnings: Sequence[Beginning] | None = None,
    numbers: Sequence[Numbers] | None = None,
) -> tuple[Entry, ...]:
    """Train runs of one stack together and write them to the store in this folder, as one shard.

    ``device`` is a torch device, ``steps`` the path of a file for the number of steps taken so far,
    ``sequence`` the number of the results (see `Store.next_sequence`), ``beginnings`` where the
    runs begin if that is not their first step, ``numbers`` what each takes from others. Returns the
    entry of each run, or raises a StackError. All arguments, the result and the error can be
    pickled, and nothing else is shared with the caller, so any executor can run this.
    """
    try:
        note = _step_writer(Path(steps)) if steps else None
        return _train(Store(folder), runs, device, note, sequence, beginnings, numbers)
    except StorageError:
        raise
    except GrokspecError as error:  # perhaps of a class that cannot be sent
        raise GrokspecError(*error.mistakes) from None
    except (Exception, SystemExit) as error:
        raise StackError.of(error) from error


def _train(
    store: Store,
    runs: Sequence[Run],
    device: str,
    note: StepCallback | None,
    sequence: int,
    beginnings: Sequence[Beginning] | None,
    numbers: Sequence[Numbers] | None,
) -> tuple[Entry, ...]:
    experiments = [run.experiment for run in runs]
    sources = [loaded_sources(experiment) for experiment in experiments]
    settings = {k: v for path in files_of(experiments[0]) for k, v in settings_of(path).items()}
    provenance = functools.partial(_provenance, device_name(device), time.time())

    def results(histories: Sequence[History]) -> list[Result]:
        return [
            Result(
                key=run.key,
                id=run.id,
                experiment=run.experiment.described,
                fingerprint=digest(hashes),
                sources=hashes,
                history=history,
                provenance=provenance(run.engine.cost(run.experiment).flops),
                sequence=sequence,
                trajectory=trajectory_of(run.experiment),
                probes=probes_of(run.experiment),
            )
            for run, hashes, history in zip(runs, sources, histories, strict=True)
        ]

    if numbers:
        experiments = [e.with_values(own) for e, own in zip(experiments, numbers, strict=True)]
    engine, whole = runs[0].engine, None
    with applied(settings):
        if beginnings and (begun := _begun(store, beginnings)):
            whole = _whole(store, runs, results(engine.go_on(experiments, begun, device, note)))
        if whole is None:
            whole = results(engine.train(experiments, device, note))
    return store.write(whole)


def _begun(store: Store, beginnings: Sequence[Beginning]) -> Begun | None:
    """What was kept of runs up to where they begin; None if some of it is lost."""
    kept = [own for begins in beginnings if (own := store.kept(begins.weights)) is not None]
    return Begun(beginnings[0].after, tuple(kept)) if len(kept) == len(beginnings) else None


def _whole(store: Store, runs: Sequence[Run], parts: Sequence[Result]) -> list[Result] | None:
    """The parts with what was recorded before; None if they do not fit."""
    pieces = pieces_for(runs, store)
    found = [composed(run, [p, *pieces[run.key]]) for run, p in zip(runs, parts, strict=True)]
    return [result for result in found if result] if all(found) else None


def _step_writer(file: Path) -> Callable[[int], None]:
    """A function that writes a number to a file, at most a few times a second."""
    part = file.with_suffix(".part")
    last = -math.inf

    def note(steps: int) -> None:
        nonlocal last
        if time.monotonic() - last < SECONDS_BETWEEN_NOTES:
            return
        last = time.monotonic()
        with contextlib.suppress(OSError):  # only the progress line reads the file
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
    except PackageNotFoundError:  # a source tree on the path has no metadata
        return "unknown"
