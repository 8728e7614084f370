"""The workers of a Dask cluster. They share no folder with this process, and may come and go.

Each trains one stack at a time, which is sent to that worker and to no other: so it is known whose
death a stack has to answer for. What a worker had is done again by another, and a stack whose
workers died `MOST_DEATHS` times is given up. A worker whose code is not that of this process is
refused. Results come back as bytes, are checked, and are written here.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
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
    Introduction,
    NotPreparedError,
    Order,
    OtherCodeError,
    introduce,
    train_apart,
    versions,
)
from grokspec.runner.failure import TooLargeError, WorkerDiedError, reason_for
from grokspec.runner.luggage import LacksFilesError, files_named, pack
from grokspec.runner.machine import Machine, too_large_for
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

SECONDS_BETWEEN_LOOKS = 1.0
"""How often the scheduler is asked which workers there are."""

SECONDS_TO_GATHER = 10.0
"""How long workers may take to introduce themselves while others are ready."""

SHARE = 0.6
"""The share of the memory limit of a worker that a stack may take."""


class ClusterLostError(GrokspecError):
    """The scheduler has gone away."""


class ClusterWarning(UserWarning):
    """A worker is not there, has gone, or differs from this process."""


@dataclass
class Member:
    """A worker of the cluster."""

    address: str
    memory_limit: float
    introduction: Promise | None = None
    """While it has not introduced itself."""
    known: Introduction | None = None
    """Once it has."""
    refused: str = ""
    """Why it gets no stack."""
    has: set[str] = field(default_factory=set)
    """The places of the files that were sent to it."""
    task: Task | None = None
    """What it trains."""

    @property
    def is_ready(self) -> bool:
        """Whether it can train, or does."""
        return self.known is not None and not self.refused

    @property
    def name(self) -> str:
        """Its name in messages."""
        return f"the worker at {self.address}" + (f" on {self.known.host}" if self.known else "")


@dataclass
class Task:
    """A stack that a worker trains, or that waits for one."""

    order: Order
    runs: tuple[Run, ...]
    files: dict[str, Path]
    memory: float
    """Bytes that it takes."""
    outcome: Future[Any] = field(default_factory=Future)
    at_work: Promise | None = None
    deaths: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    """How often files were asked for, by the address of the worker."""
    public: dict[str, bytes] = field(default_factory=dict)
    """Public data that its next worker needs."""


class OfCluster(Workers):
    """The workers that a client of Dask knows. As a context manager, ends what it began there."""

    def __init__(self, client: Client, store: Store) -> None:
        self._client, self._store = client, store
        self._scheduler = str(client.scheduler.address if client.scheduler else "unknown")
        self._members: dict[str, Member] = {}
        self._queue: deque[Task] = deque()
        self._news = threading.Event()
        self._looked = -SECONDS_BETWEEN_LOOKS
        self._topic = f"grokspec-{uuid.uuid4().hex}"
        self._notes: dict[int, Callable[[int], None]] = {}
        self._differences: set[str] = set()
        self._wanted_device = "auto"
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
        return len(self._ready)

    @property
    def in_words(self) -> str:
        """See `Workers`."""
        return count(self.slots, "worker")

    def look(self, device: str, clock: Clock) -> None:
        """Wait for the first workers, and let them introduce themselves."""
        self._wanted_device = device
        started, said = time.monotonic(), False
        while not clock.is_over:
            self._tend()
            waited = time.monotonic() - started
            if self._ready and (not self._unknown or waited > SECONDS_TO_GATHER):
                break
            if waited > SECONDS_TO_GATHER and not self._members and not said:
                said = True
                notify(f"{self._scheduler} has no worker yet; waiting for one", ClusterWarning)
            self._news.wait(0.1)
            self._news.clear()
        self.device = next((m.known.machine.device for m in self._ready if m.known), "cpu")

    def cut(
        self, runs: Sequence[Run], beginnings: Mapping[str, Beginning], most: MostRuns
    ) -> tuple[Stack, ...]:
        """Stacks that every worker has the memory for."""
        memory = min(self._memory().values(), default=float("inf"))
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
            device=self._wanted_device,
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
        self._news.wait(seconds)
        self._news.clear()
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
        at_work = [m.task.at_work for m in self._members.values() if m.task and m.task.at_work]
        with contextlib.suppress(Exception):  # the scheduler may be gone
            self._client.cancel(at_work)
        self._queue.clear()
        for member in self._members.values():
            member.task = None

    @property
    def _ready(self) -> list[Member]:
        return [member for member in self._members.values() if member.is_ready]

    @property
    def _unknown(self) -> list[Member]:
        return [m for m in self._members.values() if m.known is None and not m.refused]

    def _memory(self) -> dict[str, float]:
        """What each worker that is ready has for a stack, in bytes, by its address.

        Those on one host share its main memory. Dask's limit is on that, not on a GPU's.
        """
        known = {m.address: m.known for m in self._ready if m.known}
        on_host = Counter(own.host for own in known.values())
        memory = {}
        for address, own in known.items():
            memory[address] = own.machine.memory
            if own.machine.device == "cpu":
                limit = self._members[address].memory_limit
                share = own.machine.memory / on_host[own.host]
                memory[address] = min(share, SHARE * limit) if limit else share
        return memory

    def _tend(self) -> None:
        """See who has come and gone, take what has ended, and give out what waits."""
        self._require_scheduler()
        self._meet()
        for member in list(self._members.values()):
            if member.introduction is not None and member.introduction.done():
                self._introduced(member)
            if member.task and member.task.at_work and member.task.at_work.done():
                self._ended(member, member.task)
        self._assign()

    def _require_scheduler(self) -> None:
        if self._client.status != "running":
            raise ClusterLostError(
                f"the scheduler at {self._scheduler} has gone away; what was trained is in "
                f"{self._store.folder}, and the same command trains the rest"
            )

    def _meet(self) -> None:
        """Ask the scheduler, at times, which workers there are."""
        if time.monotonic() - self._looked < SECONDS_BETWEEN_LOOKS:
            return
        there = self._workers_there()
        self._looked = time.monotonic()
        for address in self._members.keys() - there.keys():
            self._lost(self._members.pop(address))
        for address in there.keys() - self._members.keys():
            if there[address].get("status") == "running":
                limit = float(there[address].get("memory_limit") or 0)
                member = self._members[address] = Member(address, limit)
                member.introduction = self._submit(member, introduce, self._wanted_device)
        if self._members and all(member.refused for member in self._members.values()):
            reasons = dict.fromkeys(member.refused for member in self._members.values())
            raise GrokspecError(
                f"no worker at {self._scheduler} can train these runs: " + "; ".join(reasons)
            )

    def _workers_there(self) -> dict[str, Any]:
        try:
            return self._client.scheduler_info(n_workers=-1)["workers"]
        except (OSError, TimeoutError, RuntimeError):
            self._require_scheduler()
            return {address: {} for address in self._members}  # busy; ask again later

    def _lost(self, member: Member) -> None:
        """A worker has gone: what it trained is done again, unless that has happened too often."""
        task = member.task
        if task is None:
            return
        task.deaths += 1
        self._take_back(member, task)
        if task.deaths < MOST_DEATHS:
            notify(f"{member.name} has gone; what it trained is done again", ClusterWarning)
        else:
            self._queue.remove(task)
            task.outcome.set_exception(
                WorkerDiedError(
                    f"{task.deaths} workers died while they trained it. Either memory ran out "
                    "(`grokspec plan` says how much is needed; the logs of the workers say more), "
                    "or they were taken away, and the same command tries again"
                )
            )

    def _take_back(self, member: Member, task: Task) -> None:
        """Put what a worker had back, before what nobody has begun."""
        if task.at_work is not None:
            self._client.cancel([task.at_work])
        task.at_work = member.task = None
        self._queue.appendleft(task)

    def _introduced(self, member: Member) -> None:
        introduction, member.introduction = member.introduction, None
        assert introduction is not None
        error = _error_of(introduction)
        if error is not None:
            self._refuse(member, f"it cannot say what it is ({reason_for(error)})")
            return
        member.known = introduction.result()
        own, theirs = (_minor(found["Python"]) for found in (versions(), member.known.versions))
        if own != theirs:
            self._refuse(
                member,
                f"it has Python {theirs} and this process {own}, so that their code cannot be "
                "compared; start workers with the same",
            )
        self._compare_versions(member.known)

    def _compare_versions(self, known: Introduction) -> None:
        """Say once of each difference that there is one; results have the versions with them."""
        for package, own in versions().items():
            theirs = known.versions.get(package, "unknown")
            if theirs != own:
                difference = f"workers have {package} {theirs}, and this process has {own}"
                if difference not in self._differences:
                    self._differences.add(difference)
                    notify(difference, ClusterWarning)

    def _refuse(self, member: Member, why: str) -> None:
        if not member.refused:
            member.refused = why
            notify(f"{member.name} is not used: {why}", ClusterWarning)

    def _ended(self, member: Member, task: Task) -> None:
        """Take what a worker made of its task, or see what it lacks."""
        promise = task.at_work
        assert promise is not None
        error = _error_of(promise)
        if isinstance(error, OtherCodeError):
            changed = changes(sources(task.runs[error.number].experiment), error.sources)
            self._refuse(member, f"its code is not that of this process ({', '.join(changed)})")
        elif isinstance(error, NotPreparedError):
            self._refuse(member, f"it cannot begin ({error})")
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
        promise, task.at_work, member.task = task.at_work, None, None
        assert promise is not None
        if error is not None:
            task.outcome.set_exception(error)
            return
        try:
            result = promise.result()
        except Exception as lost:  # it went away with its worker
            task.outcome.set_exception(lost)
        else:
            task.outcome.set_result(result)

    def _assign(self) -> None:
        """Give what waits to the workers that are free."""
        if not self._queue:
            return
        memory = self._memory()
        for member in self._ready:
            if member.task is None and (task := self._next_for(member, memory)):
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
        member.task = task
        task.at_work = self._submit(member, train_apart, task.order, files, task.public)

    def _submit(self, member: Member, call: Callable[..., Any], *arguments: Any) -> Promise:
        """Have one worker make a call, and no other."""
        import dask

        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
            promise = self._client.submit(
                call,
                *arguments,
                workers=[member.address],
                allow_other_workers=False,
                pure=False,
                key=f"grokspec-{call.__name__}-{uuid.uuid4().hex}",
            )
        promise.add_done_callback(lambda _: self._news.set())
        return promise

    def _note(self, event: tuple[float, Any]) -> None:
        """Write down how far a worker is; called by Dask's own thread."""
        with contextlib.suppress(Exception):  # only the progress line reads it
            _, news = event
            self._notes[news["number"]](news["steps"])


class CancelledCallError(Exception):
    """A call that Dask has cancelled, as its scheduler or its worker went away."""


def _error_of(promise: Promise) -> BaseException | None:
    """Why a call has ended without a result, or None.

    ``exception()`` of a cancelled one raises an error in some versions and returns None in others.
    """
    if promise.status in ("cancelled", "lost"):
        return CancelledCallError()
    if promise.status != "error":
        return None
    try:
        return promise.exception()
    except Exception as error:  # what cannot be unpickled here
        return error


def _minor(version: str) -> str:
    """The first two numbers of a version."""
    return ".".join(version.split(".")[:2])


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
