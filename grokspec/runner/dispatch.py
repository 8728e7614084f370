"""Hands stacks to workers, the most expensive first, each once it is reserved on the store."""

from __future__ import annotations

import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grokspec.files.atomic import StorageError
from grokspec.plan import Stack
from grokspec.runner.failure import reason_for, write_log
from grokspec.runner.numbers import keys_needed, numbers_for
from grokspec.runner.progress import Progress
from grokspec.runner.training import train_stack
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
    reservation: Reservation

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
        executor: Executor,
        slots: int,
        device: str,
    ) -> None:
        self._waiting = deque(sorted(stacks, key=lambda stack: -stack.cost.flops))
        self._total_runs = sum(len(stack.runs) for stack in stacks)
        self._total_flops = sum(stack.cost.flops for stack in stacks)
        self._done_flops = 0.0
        self._holders: tuple[str, ...] = ()
        self._running: dict[Future[tuple[Entry, ...]], StackInTraining] = {}
        self._store, self._reservations, self._find_done = store, reservations, find_done
        self._executor, self._slots, self._device = executor, slots, device
        self.trained: list[Entry] = []
        self.trained_by_others: list[str] = []
        """Keys of runs that other processes trained in the meantime."""
        self.failed: list[tuple[Run, str]] = []
        """Runs that could not be trained, each with the reason."""
        self.logs: dict[str, Path] = {}
        """The log of some of these, by the key of the run."""
        self.cause: BaseException | None = None
        """The first exception that stopped a stack."""

    def train(self, notify: Callable[[], None]) -> None:
        """Train until no stack is left. Calls ``notify`` a few times a second."""
        while self._waiting or self._running:
            notify()
            self._submit_reserved()
            if self._running:
                for future in wait(self._running, SECONDS_BETWEEN_CHECKS, FIRST_COMPLETED).done:
                    self._collect(future)
            elif self._waiting:  # other processes have reserved all of it
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
        )

    def _submit_reserved(self) -> None:
        """Reserve waiting stacks, and submit them while workers are free."""
        self._holders = ()
        for _ in range(len(self._waiting) + self._slots):
            if not self._waiting or len(self._running) >= self._slots:
                return
            stack = self._waiting.popleft()
            if not self._is_ready(stack):
                self._waiting.append(stack)
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
        share = left / (self._slots * (1 + sharers))
        count = math.ceil(share / stack.each.flops) if stack.each.flops else len(stack.runs)
        if not sharers or count >= len(stack.runs):
            return stack
        part, rest = (
            replace(stack, runs=stack.runs[:count]),
            replace(stack, runs=stack.runs[count:]),
        )
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
        steps = str(reservation.steps)
        sequence = self._store.next_sequence([run.key for run in stack.runs])
        future = self._executor.submit(
            train_stack,
            str(self._store.folder),
            stack.runs,
            self._device,
            steps,
            sequence,
            [stack.beginnings[run.key] for run in stack.runs] if stack.beginnings else None,
            [numbers[run.key] for run in stack.runs] if any(numbers.values()) else None,
        )
        self._running[future] = StackInTraining(stack, reservation)

    def _collect(self, future: Future[tuple[Entry, ...]]) -> None:
        done = self._running.pop(future)
        done.reservation.release()
        self._done_flops += done.stack.cost.flops
        error = future.exception()
        if error is None:
            self.trained += future.result()
            return
        self.cause = self.cause or error.__cause__ or error
        lost = [done.stack]
        if isinstance(error, StorageError):  # results of the other stacks would be lost as well
            lost += self._waiting
            self._waiting.clear()
        log = write_log(self._store.folder, done.stack.runs, self._device, error)
        for run in (run for stack in lost for run in stack.runs):
            self.failed.append((run, reason_for(error)))
            self.logs |= {run.key: log} if log else {}
