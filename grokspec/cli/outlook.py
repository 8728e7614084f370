"""What is left to do of a plan: which runs, in which stacks, how long and in how much memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from grokspec.runner.machine import survey
from grokspec.store.inventory import take_inventory

if TYPE_CHECKING:
    from grokspec.engines.base import Engine
    from grokspec.plans import Plan, Stack
    from grokspec.store import Store
    from grokspec.store.shard import Entry

State = Literal["stored", "stale", "missing"]
"""Of a run: its result is in the store, was made by other code, or is not there."""

ASSUMED_RATE = 2e9
"""Flop per second that a stack in training is taken to do where nothing is recorded yet."""


@dataclass(frozen=True)
class Rate:
    """How fast an engine trains one stack on a device."""

    engine: str
    device: str
    flops_per_second: float
    results: int
    """From how many results in the store this was measured; 0 if it is assumed."""


@dataclass(frozen=True)
class Outlook:
    """A plan beside what the store has of it."""

    plan: Plan
    folder: Path
    """The store's."""
    states: dict[str, State]
    """By the key of the run."""
    stacks: tuple[Stack, ...]
    """Of the runs that would be trained."""
    lanes: int
    """How many stacks would train at a time."""
    rates: tuple[Rate, ...]

    @property
    def seconds(self) -> float:
        """How long training would take."""
        speeds = {rate.engine: rate.flops_per_second for rate in self.rates}
        each = [s.price.flops / speeds[s.runs[0].experiment.engine] for s in self.stacks]
        return max(sum(each) / self.lanes, max(each, default=0.0))

    @property
    def memory(self) -> float:
        """Bytes that the stacks that train at a time would fill, at most."""
        return sum(sorted(stack.price.memory for stack in self.stacks)[-self.lanes :])

    def as_json(self) -> dict[str, Any]:
        """The same for programs: plain data, in flop, bytes and seconds."""
        return {
            "name": self.plan.name,
            "profile": self.plan.profile,
            "spec": str(self.plan.path),
            "store": str(self.folder),
            "runs": [
                {"id": r.id, "key": r.key, "state": self.states[r.key], "at": r.coordinates}
                for r in self.plan.runs
            ],
            "stacks": [
                {
                    "engine": stack.runs[0].experiment.engine,
                    "runs": [run.id for run in stack.runs],
                    "flops": stack.price.flops,
                    "memory": stack.price.memory,
                }
                for stack in self.stacks
            ],
            "estimate": {
                "seconds": self.seconds,
                "memory": self.memory,
                "stacks_at_a_time": self.lanes,
                "rates": [asdict(rate) for rate in self.rates],
            },
        }


def look_ahead(plan: Plan, store: Store, device: str = "cpu") -> Outlook:
    """See what is left to do of a plan on a device; any but "cpu" loads torch to be looked at."""
    inventory = take_inventory(plan, store)
    states: dict[str, State] = {run.key: "stored" for run in plan.runs}
    states |= {run.key: "stale" for run in inventory.stale}
    states |= {run.key: "missing" for run in inventory.missing}
    machine = survey(device)
    stacks = plan.stacks(
        inventory.to_train(), memory=machine.memory // machine.lanes, at_least=machine.lanes
    )
    rates = _rates(stacks, store.index().values(), machine.device)
    return Outlook(plan, store.folder, states, stacks, machine.lanes, rates)


def _rates(stacks: Sequence[Stack], entries: Iterable[Entry], device: str) -> tuple[Rate, ...]:
    """For each engine that the stacks need, what its results on the device took."""
    timed = [e for e in entries if e.seconds > 0 and e.provenance.device.startswith(device)]
    engines = {s.runs[0].experiment.engine: s.runs[0].experiment.trainer for s in stacks}
    return tuple(_rate(engine, timed, device) for engine in engines.values())


def _rate(engine: Engine, timed: Sequence[Entry], device: str) -> Rate:
    own = [entry for entry in timed if type(engine).__module__ in entry.sources]
    flops = sum(entry.provenance.flops for entry in own)
    if not flops:
        return Rate(engine.kind, device, ASSUMED_RATE, results=0)
    return Rate(engine.kind, device, flops / sum(entry.seconds for entry in own), len(own))
