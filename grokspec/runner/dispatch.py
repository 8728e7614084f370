"""Hands stacks to workers, the most expensive first, each once it is reserved on the store."""

from __future__ import annotations

import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from grokspec.files.atomic import StorageError
from grokspec.plan import Stack
from grokspec.runner.failure import reason_for, write_log
from grokspec.runner.numbers import keys_needed, numbers_for
from grokspec.runner.pace import ENDLESS, Clock
from grokspec.runner.progress import Progress
from grokspec.runner.training import DoesNotFitError, Job
from grokspec.runner.workers import Workers
from grokspec.store.locks import FindDone, Reservation, Reservations

if TYPE_CHECKING:
    from pathlib import Path

    from grokspec.spec import Run
    from grokspec.store import Entry, Store

SECONDS_BETWEEN_CHECKS = 0.2
"""How often the dispatcher checks the progress of the work."""


@dataclass(frozen=True)
class StackInTraining:
    """A stack that a worker trains."""

    stack: Stack
    job: Job
    reservation: Reservation
    since: float
    """When it began, by this process's monotonic clock."""

    @property
    def flops_done(self) -> float:
        """The flop done so far, by the last note of the worker."""
        with contextlib.suppress(OSError, ValueError):
            steps = int(self.reservation.steps.read_text())
            total = self.stack.runs[0].experiment.steps
            return self.stack.cost.flops * min(1.0, steps / total) if total else 0.0
        return 0.0


class Dispatcher:
    """The work of one call: stacks that wait, are in training, are done or have failed."""

    def __init__(
        self,
        stacks: Sequence[Stack],
        store: Store,
        reservations: Reservations,
        find_done: FindDone,
        workers: Workers,
        fingerprints: Mapping[str, str],
        clock: Clock = ENDLESS,
    ) -> None:
        """``fingerprints`` are those of today's code, by the keys of the runs."""
        self._waiting = deque(sorted(stacks, key=lambda stack: -stack.cost.flops))
        self._total_runs = sum(len(stack.runs) for stack in stacks)
        self._total_flops = sum(stack.cost.flops for stack in stacks)
        self._done_flops = 0.0
        self._holders: tuple[str, ...] = ()
        self._running: dict[Future[Any], StackInTraining] = {}
        self._store, self._reservations, self._find_done = store, reservations, find_done
        self._workers, self._fingerprints, self._clock = workers, fingerprints, clock
        self._most_slots = workers.slots
        self.trained: list[Entry] = []
        self.trained_by_others: list[str] = []
        """Keys of runs that other processes trained in the meantime."""
        self.left: list[Run] = []
        """Runs for which there was no time."""
        self.failed: list[tuple[Run, str]] = []
        """Runs that could not be trained, each with the reason."""
        self.logs: dict[str, Path] = {}
        """The log of some of these, by the key of the run."""
        self.cause: BaseException | None = None
        """The first exception that stopped a stack."""

    def train(self, notify: Callable[[], None]) -> None:
        """Train until no stack is left, or no time. Calls ``notify`` a few times a second."""
        while self._waiting or self._running:
            notify()
            if self._clock.is_over:
                self._abandon()
                break
            self._spread()
            self._submit_reserved()
            if self._running:
                for future in self._workers.wait(self._running, SECONDS_BETWEEN_CHECKS):
                    self._collect(future)
            elif self._waiting:  # others have reserved all of it, or there is no worker yet
                self._workers.wait((), SECONDS_BETWEEN_CHECKS)
                time.sleep(SECONDS_BETWEEN_CHECKS)
        notify()

    def progress(self, label: str, seconds: float) -> Progress:
        """The progress of the work, which has taken so many seconds."""
        flops = self._done_flops + sum(stack.flops_done for stack in self._running.values())
        fraction = min(1.0, flops / self._total_flops) if self._total_flops else 1.0
        return Progress(
            label=label,
            done_runs=len(self.trained) + len(self.trained_by_others),
            total_runs=self._total_runs,
            fraction=fraction,
            seconds=seconds,
            eta=seconds * (1 - fraction) / fraction if fraction else None,
            waiting_for="" if self._running else "; ".join(dict.fromkeys(self._holders)),
            workers=self._workers.in_words,
        )

    def _abandon(self) -> None:
        """Give up what waits and what is in training."""
        self._workers.stop()
        for own in self._running.values():
            own.reservation.release()
        stacks = (*self._waiting, *(own.stack for own in self._running.values()))
        self.left += [run for stack in stacks for run in stack.runs]
        self._waiting.clear()
        self._running.clear()

    def _spread(self) -> None:
        """Split what waits so that workers which have come meanwhile have something to do, too."""
        slots = self._workers.slots
        if slots <= self._most_slots:
            return
        self._most_slots = slots
        share = sum(stack.cost.flops for stack in self._waiting) / (slots - len(self._running) or 1)
        self._waiting = deque(part for stack in self._waiting for part in stack.in_parts_of(share))

    def _submit_reserved(self) -> None:
        """Reserve waiting stacks, and submit them while workers are free."""
        self._holders = ()
        for _ in range(len(self._waiting) + self._workers.slots):
            if not self._waiting or len(self._running) >= self._workers.slots:
                return
            stack = self._waiting.popleft()
            if not self._is_ready(stack):
                self._waiting.append(stack)
                continue
            stack = self._in_time(stack)
            if not stack.runs:
                continue
            division = self._reservations.reserve([r.key for r in stack.runs], self._find_done)
            self.trained_by_others += division.done
            self._done_flops += stack.only(division.done).cost.flops
            self._holders += division.holders
            if division.held_by_others:
                self._waiting.append(stack.only(division.held_by_others))
            if division.reservation:
                own = stack.only(division.reservation.keys)
                self._submit(self._share_of(own, division.reservation), division.reservation)

    def _in_time(self, stack: Stack) -> Stack:
        """The part of a stack that can be trained in the time there is; the rest is left."""
        part, rest = stack.split(self._clock.runs_in_time(stack))
        self.left += rest.runs
        return part

    def _is_ready(self, stack: Stack) -> bool:
        """Whether what the runs take numbers from is trained, or has failed."""
        needed = {key for run in stack.runs for key in keys_needed(run)}
        return not needed or not any(
            run.key in needed
            for other in (*self._waiting, *(own.stack for own in self._running.values()))
            for run in other.runs
        )

    def _share_of(self, stack: Stack, reservation: Reservation) -> Stack:
        """A reserved stack, or only a part if other processes have come to train its runs as well.

        The rest is free for them, and goes back to what waits here.
        """
        sharers = self._reservations.sharers(reservation.keys)
        left = stack.cost.flops + sum(other.cost.flops for other in self._waiting)
        share = left / (self._workers.slots * (1 + sharers))
        count = math.ceil(share / stack.each.flops) if stack.each.flops else len(stack.runs)
        if not sharers or count >= len(stack.runs):
            return stack
        part, rest = stack.split(count)
        reservation.give_up([run.key for run in rest.runs])
        self._waiting.appendleft(rest)
        return part

    def _submit(self, stack: Stack, reservation: Reservation) -> None:
        numbers, lacking = numbers_for(stack.runs, self._store)
        if lacking:
            keys = [run.key for run, _ in lacking]
            self.failed += lacking
            reservation.give_up(keys)
            self._done_flops += stack.only(keys).cost.flops
            stack = stack.only(numbers)
        if not stack.runs:
            reservation.release()
            return
        job = Job(
            runs=stack.runs,
            device=self._workers.device,
            sequence=self._store.next_sequence([run.key for run in stack.runs]),
            fingerprints=tuple(self._fingerprints[run.key] for run in stack.runs),
            numbers=tuple(numbers[r.key] for r in stack.runs) if any(numbers.values()) else None,
            beginnings=(
                tuple(stack.beginnings[run.key] for run in stack.runs) if stack.beginnings else None
            ),
        )
        future = self._workers.begin(job, reservation.steps)
        self._running[future] = StackInTraining(stack, job, reservation, time.monotonic())

    def _collect(self, future: Future[Any]) -> None:
        done = self._running.pop(future)
        try:
            self.trained += self._workers.written(done.job, future.result())
        except DoesNotFitError:
            self._waiting.append(replace(done.stack, beginnings={}))
        except Exception as error:
            self._note_failure(done, error)
        else:
            self._clock.took(done.stack, time.monotonic() - done.since)
        finally:
            done.reservation.release()
            self._done_flops += done.stack.cost.flops

    def _note_failure(self, done: StackInTraining, error: Exception) -> None:
        self.cause = self.cause or error.__cause__ or error
        lost = [done.stack]
        if isinstance(error, StorageError):  # results of the other stacks would be lost as well
            lost += self._waiting
            self._waiting.clear()
        log = write_log(self._store.folder, done.stack.runs, done.job.device, error)
        for run in (run for stack in lost for run in stack.runs):
            self.failed.append((run, reason_for(error)))
            self.logs |= {run.key: log} if log else {}
