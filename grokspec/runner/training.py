"""What a worker does: it trains a stack and writes the results to the store."""

from __future__ import annotations

import contextlib
import functools
import math
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.engines.base import Begun
from grokspec.errors import GrokspecError
from grokspec.files.atomic import StorageError
from grokspec.files.downloads import NotThereError
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
    from grokspec.engines.base import StepCallback
    from grokspec.plan import Beginning
    from grokspec.runner.numbers import Numbers
    from grokspec.spec import Run

SECONDS_BETWEEN_NOTES = 0.2
"""The least time between two notes of the number of steps taken."""


@dataclass(frozen=True)
class Job:
    """A stack to train, and what is known of it. It can be pickled."""

    runs: tuple[Run, ...]
    device: str
    sequence: int = 0
    """The number of the results, see `Store.next_sequence`."""
    fingerprints: tuple[str, ...] = ()
    """Of the code that each run is to be trained by, for a worker that may have another."""
    numbers: tuple[Numbers, ...] | None = None
    """What each run takes from others."""
    beginnings: tuple[Beginning, ...] | None = None
    """Where the runs begin, if that is not their first step."""

    def on(self, device: str) -> Job:
        """The same on another device."""
        return replace(self, device=device)


def train_stack(folder: str, job: Job, steps: str | None = None) -> tuple[Entry, ...]:
    """Train a stack and write its results to the store in this folder, as one shard.

    ``steps`` is the path of a file for the number of steps taken so far. Returns the entry of each
    run, or raises a StackError. All arguments, the result and the error can be pickled, and nothing
    else is shared with the caller, so any executor can run this whose workers reach the store.
    """
    with stack_errors():
        store = Store(folder)
        note = step_writer(Path(steps)) if steps else None
        begun = begun_in(store, job)
        whole = whole_results(store, job, trained(job, note, begun)) if begun else None
        return store.write(trained(job, note) if whole is None else whole)


@contextlib.contextmanager
def stack_errors() -> Iterator[None]:
    """Raise what stops a stack within the block as an error that can be sent."""
    try:
        yield
    except StorageError:
        raise
    except GrokspecError as error:  # perhaps of a class that cannot be sent
        raise _lacking(error) or GrokspecError(*error.mistakes) from None
    except (Exception, SystemExit) as error:
        raise StackError.of(error) from error


def _lacking(error: BaseException | None) -> NotThereError | None:
    """The public file whose absence is behind an error; None if that is not the cause."""
    while error is not None and not isinstance(error, NotThereError):
        error = error.__cause__ or error.__context__
    return error


def trained(job: Job, note: StepCallback | None = None, begun: Begun | None = None) -> list[Result]:
    """Train the runs of a stack, from what was kept of them or from the start.

    With ``begun``, the results lack what was recorded before; see `whole_results`.
    """
    experiments = [run.experiment for run in job.runs]
    sources = [loaded_sources(experiment) for experiment in experiments]
    settings = {k: v for path in files_of(experiments[0]) for k, v in settings_of(path).items()}
    provenance = functools.partial(_provenance, device_name(job.device), time.time())
    described = experiments
    if job.numbers:
        experiments = [e.with_values(own) for e, own in zip(experiments, job.numbers, strict=True)]
    engine = job.runs[0].engine
    with applied(settings):
        if begun:
            histories = engine.go_on(experiments, begun, job.device, note)
        else:
            histories = engine.train(experiments, job.device, note)
    return [
        Result(
            key=run.key,
            id=run.id,
            experiment=experiment.described,
            fingerprint=digest(hashes),
            sources=hashes,
            history=history,
            provenance=provenance(run.engine.cost(experiment).flops),
            sequence=job.sequence,
            trajectory=trajectory_of(experiment),
            probes=probes_of(experiment),
        )
        for run, experiment, hashes, history in zip(
            job.runs, described, sources, histories, strict=True
        )
    ]


class DoesNotFitError(Exception):
    """Results from a beginning on do not go with what the store has from before."""


def begun_in(store: Store, job: Job) -> Begun | None:
    """What the store kept of the runs up to where they begin; None if there is nothing of some."""
    if not job.beginnings:
        return None
    kept = [own for begins in job.beginnings if (own := store.kept(begins.weights)) is not None]
    whole = len(kept) == len(job.beginnings)
    return Begun(job.beginnings[0].after, tuple(kept)) if whole else None


def whole_results(store: Store, job: Job, parts: Sequence[Result]) -> list[Result] | None:
    """Results from a beginning on, with what the store has from before; None if they do not fit."""
    pieces = pieces_for(job.runs, store)
    found = [composed(run, [p, *pieces[run.key]]) for run, p in zip(job.runs, parts, strict=True)]
    return [result for result in found if result] if all(found) else None


def step_writer(file: Path) -> Callable[[int], None]:
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
