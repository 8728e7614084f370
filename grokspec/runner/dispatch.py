"""Hands stacks out to workers, the most expensive first, each after it is reserved on the store."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grokspec.errors import GrokspecError
from grokspec.files.atomic import StorageError
from grokspec.plan import Stack
from grokspec.runner.progress import Progress
from grokspec.runner.training import train_stack
from grokspec.store.locks import Done, Reservation, Reservations

if TYPE_CHECKING:
    from pathlib import Path

    from grokspec.spec import Run
    from grokspec.store import Entry

SECONDS_BETWEEN_LOOKS = 0.2
"""How often the dispatcher looks how far the work is."""


class TrainingError(GrokspecError):
    """Runs that could not be trained: each reason once, with the runs it stopped."""

    def __init__(self, failed: Iterable[tuple[Run, str]]) -> None:
        self.reasons: dict[str, str] = {}
        """The reason for each run, by its key."""
        stopped: dict[str, list[Run]] = defaultdict(list)
        for run, reason in failed:
            self.reasons[run.key] = reason
            stopped[reason].append(run)
        super().__init__(
            *(f"{_named(runs)} could not be trained: {reason}" for reason, runs in stopped.items())
        )

    def of(self, runs: Iterable[Run]) -> TrainingError | None:
        """The part of it that concerns some runs, or None if it does not."""
        failed = [(run, self.reasons[run.key]) for run in runs if run.key in self.reasons]
        return TrainingError(failed) if failed else None


@dataclass(frozen=True)
class Job:
    """A stack in training."""

    stack: Stack
    reservation: Reservation

    @property
    def flops_done(self) -> float:
        """How much of the stack's arithmetic is done, as far as is known."""
        with contextlib.suppress(OSError, ValueError):
            steps = int(self.reservation.steps.read_text())
            total = self.stack.runs[0].experiment.training.steps
            return self.stack.cost.flops * min(1.0, steps / total)
        return 0.0


class Dispatcher:
    """One call's work: what waits, what is in training, what is done and what failed."""

    def __init__(
        self,
        stacks: Sequence[Stack],
        store: Path,
        reservations: Reservations,
        done: Done,
        executor: Executor,
        slots: int,
        device: str,
    ) -> None:
        self._waiting = deque(sorted(stacks, key=lambda stack: -stack.cost.flops))
        self._total_runs = sum(len(stack.runs) for stack in stacks)
        self._total_flops = sum(stack.cost.flops for stack in stacks)
        self._done_stacks, self._done_flops = 0, 0.0
        self._running: dict[Future[tuple[Entry, ...]], Job] = {}
        self._store, self._reservations, self._done = store, reservations, done
        self._executor, self._slots, self._device = executor, slots, device
        self.trained: list[Entry] = []
        self.elsewhere: list[str] = []
        """Keys of runs that other processes have trained meanwhile."""
        self.failed: list[tuple[Run, str]] = []
        """The runs that could not be trained, each with the reason."""
        self.cause: BaseException | None = None

    def train(self, notify: Callable[[], None]) -> None:
        """Go on until nothing waits. ``notify`` is called now and then."""
        while self._waiting or self._running:
            notify()
            self._hand_out()
            if self._running:
                for future in wait(self._running, SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED).done:
                    self._take_in(future)
            elif self._waiting:  # for what other processes have reserved
                time.sleep(SECONDS_BETWEEN_LOOKS)
        notify()

    def progress(self, label: str, seconds: float) -> Progress:
        """How far the work is after so many seconds."""
        flops = self._done_flops + sum(job.flops_done for job in self._running.values())
        fraction = min(1.0, flops / self._total_flops) if self._total_flops else 1.0
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
            if len(self._running) >= self._slots:
                return
            stack = self._waiting.popleft()
            share = self._reservations.reserve([run.key for run in stack.runs], self._done)
            self.elsewhere += share.done
            self._done_flops += stack.only(share.done).cost.flops
            if share.theirs:
                self._waiting.append(stack.only(share.theirs))
            if share.reservation:
                self._submit(stack.only(share.reservation.keys), share.reservation)
            elif not share.theirs:
                self._done_stacks += 1

    def _submit(self, stack: Stack, reservation: Reservation) -> None:
        steps = str(reservation.steps)
        future = self._executor.submit(
            train_stack, str(self._store), stack.runs, self._device, steps
        )
        self._running[future] = Job(stack, reservation)

    def _take_in(self, future: Future[tuple[Entry, ...]]) -> None:
        job = self._running.pop(future)
        job.reservation.release()
        self._done_stacks += 1
        self._done_flops += job.stack.cost.flops
        error = future.exception()
        if error is None:
            self.trained += future.result()
            return
        self.cause = self.cause or error
        lost = [job.stack]
        if isinstance(error, StorageError):  # the others' results would be lost as well
            lost += self._waiting
            self._waiting.clear()
        self.failed += [(run, _reason(error)) for stack in lost for run in stack.runs]


def _reason(error: BaseException) -> str:
    if isinstance(error, BrokenProcessPool):
        return (
            "the process that trained it died. The system may have run out of memory; or, in a "
            'script, what calls grokspec is not below `if __name__ == "__main__":`'
        )
    if isinstance(error, GrokspecError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _named(runs: Sequence[Run]) -> str:
    """The first of some runs, and how many more there are."""
    rest = len(runs) - 1
    return runs[0].id + (f" and {rest} more" if rest else "")
