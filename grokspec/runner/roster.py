"""The workers of a Dask cluster that are there, and what is known of each."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grokspec.errors import GrokspecError
from grokspec.runner.apart import Introduction, introduce, versions
from grokspec.runner.failure import reason_for
from grokspec.store.notices import notify

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as Promise

SECONDS_BETWEEN_LOOKS = 1.0
"""How often the scheduler is asked which workers there are."""

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

    @property
    def is_ready(self) -> bool:
        """Whether it can train, or does."""
        return self.known is not None and not self.refused

    @property
    def name(self) -> str:
        """Its name in messages."""
        return f"the worker at {self.address}" + (f" on {self.known.host}" if self.known else "")


class Roster:
    """Which workers there are. Each introduces itself, and is refused if it cannot be used."""

    def __init__(self, client: Client) -> None:
        self.members: dict[str, Member] = {}
        """By their addresses."""
        self.news = threading.Event()
        """Set when a call has ended."""
        self.device = "auto"
        """As for `resolve_device`: each worker resolves it for itself."""
        self.scheduler = str(client.scheduler.address if client.scheduler else "unknown")
        self._client = client
        self._looked = -SECONDS_BETWEEN_LOOKS
        self._differences: set[str] = set()

    @property
    def ready(self) -> list[Member]:
        """Those that can train, or do."""
        return [member for member in self.members.values() if member.is_ready]

    @property
    def unknown(self) -> list[Member]:
        """Those that have not introduced themselves yet."""
        return [m for m in self.members.values() if m.known is None and not m.refused]

    def memory(self) -> dict[str, float]:
        """What each worker that is ready has for a stack, in bytes, by its address.

        Those on one host share its main memory. Dask's limit is on that, not on a GPU's.
        """
        known = {m.address: m.known for m in self.ready if m.known}
        on_host = Counter(own.host for own in known.values())
        memory = {}
        for address, own in known.items():
            memory[address] = own.machine.memory
            if own.machine.device == "cpu":
                limit = self.members[address].memory_limit
                share = own.machine.memory / on_host[own.host]
                memory[address] = min(share, SHARE * limit) if limit else share
        return memory

    def update(self) -> list[Member]:
        """See who has come, and who has said what it is; returns those that have gone.

        Raises a ClusterLostError if the scheduler has, and a GrokspecError if all are refused.
        """
        self._require_scheduler()
        gone = self._meet()
        for member in self.members.values():
            if member.introduction is not None and member.introduction.done():
                self._introduced(member)
        return gone

    def refuse(self, member: Member, why: str) -> None:
        """Give a worker nothing from now on, and say why."""
        if not member.refused:
            member.refused = why
            notify(f"{member.name} is not used: {why}", ClusterWarning)

    def call(self, member: Member, call: Callable[..., Any], *arguments: Any) -> Promise:
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
        promise.add_done_callback(lambda _: self.news.set())
        return promise

    def _require_scheduler(self) -> None:
        if self._client.status != "running":
            raise ClusterLostError(
                f"the scheduler at {self.scheduler} has gone away; what was trained is in the "
                "store, and the same command trains the rest"
            )

    def _meet(self) -> list[Member]:
        """Ask the scheduler, at times, which workers there are; returns those that have gone."""
        if time.monotonic() - self._looked < SECONDS_BETWEEN_LOOKS:
            return []
        there = self._workers_there()
        self._looked = time.monotonic()
        gone = [self.members.pop(address) for address in self.members.keys() - there.keys()]
        for address in there.keys() - self.members.keys():
            if there[address].get("status") == "running":
                limit = float(there[address].get("memory_limit") or 0)
                member = self.members[address] = Member(address, limit)
                member.introduction = self.call(member, introduce, self.device)
        if self.members and all(member.refused for member in self.members.values()):
            reasons = dict.fromkeys(member.refused for member in self.members.values())
            raise GrokspecError(
                f"no worker at {self.scheduler} can train these runs: " + "; ".join(reasons)
            )
        return gone

    def _workers_there(self) -> dict[str, Any]:
        try:
            return self._client.scheduler_info(n_workers=-1)["workers"]
        except (OSError, TimeoutError, RuntimeError):
            self._require_scheduler()
            return {address: {} for address in self.members}  # busy; ask again later

    def _introduced(self, member: Member) -> None:
        introduction, member.introduction = member.introduction, None
        assert introduction is not None
        error = error_of(introduction)
        if error is not None:
            self.refuse(member, f"it cannot say what it is ({reason_for(error)})")
            return
        member.known = introduction.result()
        own, theirs = (_minor(found["Python"]) for found in (versions(), member.known.versions))
        if own != theirs:
            self.refuse(
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


class CancelledCallError(Exception):
    """A call that Dask has cancelled, as its scheduler or its worker went away."""


def error_of(promise: Promise) -> BaseException | None:
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
