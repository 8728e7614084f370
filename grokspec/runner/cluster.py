"""The workers of a Dask cluster. They share no folder with this process, and may come and go.

Each trains one stack at a time, which is sent to that worker and to no other: so it is known whose
death a stack has to answer for. What a worker had is done again by another, and a stack whose
workers died `MOST_DEATHS` times is given up. A worker whose code is not that of this process is
refused. Results come back as bytes, are checked, and are written here.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokspec.errors import GrokspecError
from grokspec.files.downloads import NotThereError, data_folder
from grokspec.files.inputs import opened
from grokspec.formatting import count
from grokspec.plan import stack_runs
from grokspec.runner.apart import (
    NotPreparedError,
    Order,
    OtherCodeError,
    train_apart,
)
from grokspec.runner.failure import TooLargeError, WorkerDiedError
from grokspec.runner.luggage import LacksFilesError, files_named, pack
from grokspec.runner.machine import Machine, too_large_for
from grokspec.runner.roster import CancelledCallError, ClusterWarning, Member, Roster, error_of
from grokspec.runner.training import DoesNotFitError, Job, begun_in, step_writer, whole_results
from grokspec.runner.workers import Workers
from grokspec.store.fingerprint import changes, sources
from grokspec.store.notices import notify
from grokspec.store.shard import NotAShardError, Packed

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as Promise

    from grokspec.plan import Beginning, MostRuns, Stack
    from grokspec.runner.pace import Clock
    from grokspec.spec import Run
    from grokspec.store import Entry, Store

MOST_DEATHS = 3
"""How many workers may die while they train a stack before it is given up."""

MOST_REQUESTS = 3
"""How often a worker may ask for files that a stack needs."""

SECONDS_TO_GATHER = 10.0
"""How long workers may take to introduce themselves while others are ready."""


@dataclass
class Task:
    """A stack that a worker trains, or that waits for one."""

    order: Order
    runs: tuple[Run, ...]
    files: dict[str, Path]
    memory: float
    """Bytes that it takes."""
    outcome: Future[Any] = field(default_factory=Future)
    promise: Promise | None = None
    """Of the worker that trains it."""
    deaths: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    """How often files were asked for, by the address of the worker."""
    public: dict[str, bytes] = field(default_factory=dict)
    """Public data that its next worker needs."""


class OfCluster(Workers):
    """The workers that a client of Dask knows. As a context manager, ends what it began there."""

    def __init__(self, client: Client, store: Store) -> None:
        self._client, self._store = client, store
        self._roster = Roster(client)
        self._queue: deque[Task] = deque()
        self._at_work: dict[str, Task] = {}
        """What workers train, by their addresses."""
        self._topic = f"grokspec-{uuid.uuid4().hex}"
        self._notes: dict[int, Callable[[int], None]] = {}
        self.device = "cpu"

    def __enter__(self) -> OfCluster:
        self._client.subscribe_topic(self._topic, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        with contextlib.suppress(Exception):  # the scheduler may be gone
            self._client.unsubscribe_topic(self._topic)

    @property
    def slots(self) -> int:
        """How many workers are ready now."""
        return len(self._roster.ready)

    @property
    def in_words(self) -> str:
        """See `Workers`."""
        return count(self.slots, "worker")

    def look(self, device: str, clock: Clock) -> None:
        """Wait for the first workers, and let them introduce themselves."""
        self._roster.device = device
        started, said = time.monotonic(), False
        while not clock.is_over:
            self._tend()
            waited = time.monotonic() - started
            if self._roster.ready and (not self._roster.unknown or waited > SECONDS_TO_GATHER):
                break
            if waited > SECONDS_TO_GATHER and not self._roster.members and not said:
                said = True
                notify(
                    f"{self._roster.scheduler} has no worker yet; waiting for one", ClusterWarning
                )
            self._roster.news.wait(0.1)
            self._roster.news.clear()
        self.device = next((m.known.machine.device for m in self._roster.ready if m.known), "cpu")

    def cut(
        self, runs: Sequence[Run], beginnings: Mapping[str, Beginning], most: MostRuns
    ) -> tuple[Stack, ...]:
        """Stacks that every worker has the memory for."""
        memory = min(self._roster.memory().values(), default=float("inf"))
        machine = Machine(self.device, 1, memory)
        stacks = stack_runs(runs, machine.memory, max(1, self.slots), beginnings, most)
        if too_large := too_large_for(machine, stacks):
            raise TooLargeError(too_large)
        return stacks

    def begin(self, job: Job, steps: Path) -> Future[Any]:
        """See `Workers`."""
        files = files_named(job.runs[:1])  # runs of one shape name the same
        number = len(self._notes)
        self._notes[number] = step_writer(steps)
        order = Order(
            luggage=pack((job, begun_in(self._store, job)), files),
            device=self._roster.device,
            fingerprints=job.fingerprints,
            topic=self._topic,
            number=number,
        )
        each = job.runs[0].engine.cost(job.runs[0].experiment).memory
        places = {place: path for path, place in files.items()}
        task = Task(order, job.runs, places, each * len(job.runs))
        self._queue.append(task)
        self._assign()
        return task.outcome

    def wait(self, begun: Collection[Future[Any]], seconds: float) -> Collection[Future[Any]]:
        """Wait for news of the workers, and see to them."""
        self._roster.news.wait(seconds)
        self._roster.news.clear()
        self._tend()
        return [future for future in begun if future.done()]

    def written(self, job: Job, result: Any) -> tuple[Entry, ...]:
        """Check what came back, and write it to the store."""
        if not isinstance(result, Packed):
            whole = whole_results(self._store, job, result)
            if whole is None:
                raise DoesNotFitError
            return self._store.write(whole)
        try:
            return self._store.receive(result, [run.key for run in job.runs])
        except NotAShardError as error:
            raise GrokspecError(f"what a worker sent back {error}; run again") from error

    def stop(self) -> None:
        """Cancel all that is in training. The workers notice within seconds."""
        with contextlib.suppress(Exception):  # the scheduler may be gone
            self._client.cancel([task.promise for task in self._at_work.values()])
        self._queue.clear()
        self._at_work.clear()

    def _tend(self) -> None:
        """See who has come and gone, take what has ended, and give out what waits."""
        gone = self._roster.update()
        for member in (*gone, *self._roster.members.values()):
            task = self._at_work.get(member.address)
            if task and task.promise and task.promise.done():
                self._ended(member, task)
        for member in gone:
            if task := self._at_work.get(member.address):
                self._lost(member, task)
        self._assign()

    def _lost(self, member: Member, task: Task) -> None:
        """A worker has gone: what it trained is done again, unless that has happened too often."""
        task.deaths += 1
        self._take_back(member, task)
        if task.deaths < MOST_DEATHS:
            notify(f"{member.name} has gone; what it trained is done again", ClusterWarning)
            return
        self._queue.remove(task)
        task.outcome.set_exception(
            WorkerDiedError(
                f"{task.deaths} workers died while they trained it. Either memory ran out "
                "(`grokspec plan` says how much is needed; the logs of the workers say more), or "
                "they were taken away, and the same command tries again"
            )
        )

    def _take_back(self, member: Member, task: Task) -> None:
        """Put what a worker had back, before what nobody has begun."""
        self._client.cancel([task.promise])
        task.promise = None
        del self._at_work[member.address]
        self._queue.appendleft(task)

    def _ended(self, member: Member, task: Task) -> None:
        """Take what a worker made of its task, or see what it lacks."""
        assert task.promise is not None
        error = error_of(task.promise)
        if isinstance(error, OtherCodeError):
            changed = changes(sources(task.runs[error.number].experiment), error.sources)
            self._roster.refuse(
                member, f"its code is not that of this process ({', '.join(changed)})"
            )
        elif isinstance(error, NotPreparedError):
            self._roster.refuse(member, f"it cannot begin ({error})")
        elif isinstance(error, LacksFilesError) and self._asks_again(member, task):
            member.has -= set(error.places)
        elif isinstance(error, NotThereError) and self._asks_again(member, task):
            content = _public(error)
            if content is None:
                self._settle(member, task, error)
                return
            task.public[error.file.name] = content
        elif not isinstance(error, CancelledCallError):
            self._settle(member, task, error)
            return
        self._take_back(member, task)

    def _asks_again(self, member: Member, task: Task) -> bool:
        task.requests[member.address] += 1
        return task.requests[member.address] < MOST_REQUESTS

    def _settle(self, member: Member, task: Task, error: BaseException | None) -> None:
        """Pass on the result of a task, or why it has none."""
        promise, task.promise = task.promise, None
        del self._at_work[member.address]
        assert promise is not None
        try:
            if error is not None:
                raise error
            task.outcome.set_result(promise.result())
        except Exception as reason:  # also of a result that went away with its worker
            task.outcome.set_exception(reason)

    def _assign(self) -> None:
        """Give what waits to the workers that are free."""
        if not self._queue:
            return
        memory = self._roster.memory()
        for member in self._roster.ready:
            if member.address not in self._at_work and (task := self._next_for(member, memory)):
                self._give(member, task)

    def _next_for(self, member: Member, memory: Mapping[str, float]) -> Task | None:
        """The first task that waits and fits a worker, or is too large for all that are ready."""
        most = max(memory.values())
        for task in self._queue:
            if task.memory <= memory[member.address] or task.memory > most:
                self._queue.remove(task)
                return task
        return None

    def _give(self, member: Member, task: Task) -> None:
        """Send a worker a task, with the files that it does not have."""
        new = {place: path for place, path in task.files.items() if place not in member.has}
        try:
            files = {place: _content(path) for place, path in new.items()}
        except GrokspecError as error:
            task.outcome.set_exception(error)
            return
        member.has |= files.keys()
        self._at_work[member.address] = task
        task.promise = self._roster.call(member, train_apart, task.order, files, task.public)

    def _note(self, event: tuple[float, Any]) -> None:
        """Write down how far a worker is; called by Dask's own thread."""
        with contextlib.suppress(Exception):  # only the progress line reads it
            _, news = event
            self._notes[news["number"]](news["steps"])


def _content(path: Path) -> bytes:
    with opened(path) as file:
        return file.read()


def _public(lacking: NotThereError) -> bytes | None:
    """The content of a public file, if this machine has it."""
    with contextlib.suppress(GrokspecError, OSError):
        content = _content(data_folder() / lacking.file.name)
        if hashlib.sha256(content).hexdigest() == lacking.file.sha256:
            return content
    return None
