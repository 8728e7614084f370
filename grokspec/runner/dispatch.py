"""Hands stacks out to workers, the longest first, each after it is reserved on the store."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grokspec.errors import GrokspecError
from grokspec.runner.training import train_stack
from grokspec.store.durable import StorageError
from grokspec.store.reservations import Done, Reservation, Reservations

if TYPE_CHECKING:
    from pathlib import Path

    from grokspec.plans import Run, Stack
    from grokspec.store.shard import Entry

POLL = 0.2
"""Seconds between two looks at how far the work is."""


@dataclass(frozen=True)
class Progress:
    """How far the training of a plan is, of what there was to train."""

    label: str
    """The plan's name."""
    done_runs: int
    total_runs: int
    done_stacks: int
    total_stacks: int
    fraction: float
    """Share of the arithmetic that is done, from 0 to 1; stacks in training count in part."""
    seconds: float
    """Time taken so far."""
    eta: float | None
    """Estimated seconds that remain; None before anything can be said."""

    def __str__(self) -> str:
        left = "" if self.eta is None else f", about {_time(self.eta)} left"
        done = f"{self.done_runs} of {self.total_runs} runs, {self.fraction:.0%}"
        return f"training {done} in {_time(self.seconds)}{left}"


@dataclass(frozen=True)
class Batch:
    """Runs to train together: a stack, or what is left of one that is divided with others."""

    runs: tuple[Run, ...]
    flops: float
    """The price of one run."""

    def only(self, keys: Iterable[str]) -> Batch:
        """The part of it with these keys."""
        kept = set(keys)
        return replace(self, runs=tuple(run for run in self.runs if run.key in kept))

    @property
    def price(self) -> float:
        """In flop."""
        return self.flops * len(self.runs)


@dataclass(frozen=True)
class Job:
    """A batch in training."""

    batch: Batch
    reservation: Reservation

    @property
    def price_done(self) -> float:
        """How much of the batch's price is worked off, as far as is known."""
        with contextlib.suppress(OSError, ValueError):
            steps = int(self.reservation.steps.read_text())
            return self.batch.price * min(1.0, steps / self.batch.runs[0].experiment.training.steps)
        return 0.0


class Dispatcher:
    """One call's work: what waits, what is in training, what is done and what failed."""

    def __init__(
        self,
        stacks: Iterable[Stack],
        store: Path,
        reservations: Reservations,
        done: Done,
        executor: Executor,
        lanes: int,
        device: str,
    ) -> None:
        batches = [Batch(tuple(s.runs), s.price.flops / len(s.runs)) for s in stacks]
        self._waiting = deque(sorted(batches, key=lambda batch: -batch.price))
        self._total_runs = sum(len(batch.runs) for batch in batches)
        self._total_price = sum(batch.price for batch in batches)
        self._done_stacks, self._done_price = 0, 0.0
        self._running: dict[Future[tuple[Entry, ...]], Job] = {}
        self._store, self._reservations, self._done = store, reservations, done
        self._executor, self._lanes, self._device = executor, lanes, device
        self.trained: list[Entry] = []
        self.elsewhere: list[str] = []
        """Keys of runs that other processes have trained meanwhile."""
        self.failed: list[tuple[Run, str]] = []
        """The runs that could not be trained, each with the reason."""
        self.cause: BaseException | None = None

    def train(self, tell: Callable[[], None]) -> None:
        """Go on until nothing waits. ``tell`` is called now and then."""
        while self._waiting or self._running:
            tell()
            self._hand_out()
            if self._running:
                for future in wait(self._running, POLL, FIRST_COMPLETED).done:
                    self._take_in(future)
            elif self._waiting:  # for what other processes have reserved
                time.sleep(POLL)
        tell()

    def progress(self, label: str, seconds: float) -> Progress:
        """How far the work is after so many seconds."""
        price = self._done_price + sum(job.price_done for job in self._running.values())
        fraction = min(1.0, price / self._total_price) if self._total_price else 1.0
        return Progress(
            label=label,
            done_runs=len(self.trained) + len(self.elsewhere),
            total_runs=self._total_runs,
            done_stacks=self._done_stacks,
            total_stacks=self._done_stacks + len(self._running) + len(self._waiting),
            fraction=fraction,
            seconds=seconds,
            eta=seconds * (1 - fraction) / fraction if fraction else None,
        )

    def _hand_out(self) -> None:
        """Give the free workers something to do."""
        for _ in range(len(self._waiting)):
            if len(self._running) >= self._lanes:
                return
            batch = self._waiting.popleft()
            share = self._reservations.reserve([run.key for run in batch.runs], self._done)
            self.elsewhere += share.done
            self._done_price += batch.only(share.done).price
            if share.theirs:
                self._waiting.append(batch.only(share.theirs))
            if share.reservation:
                self._submit(batch.only(share.reservation.keys), share.reservation)
            elif not share.theirs:
                self._done_stacks += 1

    def _submit(self, batch: Batch, reservation: Reservation) -> None:
        steps = str(reservation.steps)
        future = self._executor.submit(
            train_stack, str(self._store), batch.runs, self._device, steps
        )
        self._running[future] = Job(batch, reservation)

    def _take_in(self, future: Future[tuple[Entry, ...]]) -> None:
        job = self._running.pop(future)
        job.reservation.release()
        self._done_stacks += 1
        self._done_price += job.batch.price
        error = future.exception()
        if error is None:
            self.trained += future.result()
            return
        self.cause = self.cause or error
        lost = [job.batch]
        if isinstance(error, StorageError):  # the others' results would be lost as well
            lost += self._waiting
            self._waiting.clear()
        self.failed += [(run, _reason(error)) for batch in lost for run in batch.runs]


def _reason(error: BaseException) -> str:
    if isinstance(error, BrokenProcessPool):
        return (
            "the process that trained it died. The system may have run out of memory; or, in a "
            'script, what calls grokspec is not below `if __name__ == "__main__":`'
        )
    if isinstance(error, GrokspecError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
