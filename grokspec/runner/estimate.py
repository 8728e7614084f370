"""What is left to do of a spec: which runs, in which stacks, how long and in how much memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict

from grokspec.runner.machine import cut_for, detect
from grokspec.store.inventory import take_inventory

if TYPE_CHECKING:
    from grokspec.plan import Stack
    from grokspec.spec import SpecFile
    from grokspec.store import Entry, Store

State = Literal["stored", "stale", "missing"]
"""Of a run: its result is in the store, was made by other code, or is not there."""

ASSUMED_RATE = 2e9
"""Flop per second that a stack in training is assumed to do where nothing is recorded yet."""


class _Printed(BaseModel):
    model_config = ConfigDict(frozen=True)


class Rate(_Printed):
    """How fast an engine trains one stack on a device."""

    engine: str
    device: str
    flops_per_second: float
    results: int
    """From how many results in the store this was measured; 0 if it is assumed."""


class RunState(_Printed):
    """A run, where it lies in the sweep, and what the store has of it."""

    id: str
    key: str
    state: State
    at: dict[str, Any]


class StackCost(_Printed):
    """A stack that would be trained, in flop and bytes."""

    engine: str
    runs: tuple[str, ...]
    flops: float
    memory: float


class TrainingEstimate(_Printed):
    """What the store has of a spec, and what training the rest would take."""

    name: str
    profile: str
    spec: Path
    store: Path
    runs: tuple[RunState, ...]
    stacks: tuple[StackCost, ...]
    """Of the runs that would be trained."""
    slots: int
    """How many stacks would train at a time."""
    rates: tuple[Rate, ...]
    seconds: float
    memory: float
    """Bytes that the stacks that train at a time would fill, at most."""


def estimate_training(spec: SpecFile, store: Store, device: str = "cpu") -> TrainingEstimate:
    """Estimate what is left to do on a device; any but "cpu" loads torch to look at it."""
    inventory = take_inventory(spec.runs, store)
    machine = detect(device)
    stacks = cut_for(machine, machine.slots, inventory.to_train())
    rates = _rates(stacks, store.index().values(), machine.device)
    return TrainingEstimate(
        name=spec.name,
        profile=spec.profile,
        spec=spec.path,
        store=store.folder,
        runs=tuple(
            RunState(id=r.id, key=r.key, state=inventory.state(r), at=dict(r.coordinates))
            for r in spec.runs
        ),
        stacks=tuple(
            StackCost(
                engine=stack.engine,
                runs=tuple(run.id for run in stack.runs),
                flops=stack.cost.flops,
                memory=stack.cost.memory,
            )
            for stack in stacks
        ),
        slots=machine.slots,
        rates=rates,
        seconds=_seconds(stacks, rates, machine.slots),
        memory=sum(sorted(stack.cost.memory for stack in stacks)[-machine.slots :]),
    )


def _seconds(stacks: Sequence[Stack], rates: Iterable[Rate], slots: int) -> float:
    """Shared by all slots, but no sooner than the longest stack."""
    speeds = {rate.engine: rate.flops_per_second for rate in rates}
    each = [stack.cost.flops / speeds[stack.engine] for stack in stacks]
    return max(sum(each) / slots, max(each, default=0.0))


def _rates(stacks: Iterable[Stack], entries: Iterable[Entry], device: str) -> tuple[Rate, ...]:
    """For each engine that the stacks need, what its results on the device took."""
    timed = [e for e in entries if e.seconds > 0 and e.provenance.device.startswith(device)]
    engines = {stack.engine: stack.runs[0].engine for stack in stacks}
    return tuple(
        _rate(name, type(engine).__module__, timed, device) for name, engine in engines.items()
    )


def _rate(engine: str, module: str, timed: Iterable[Entry], device: str) -> Rate:
    own = [entry for entry in timed if module in entry.sources]
    flops = sum(entry.provenance.flops for entry in own)
    speed = flops / sum(entry.seconds for entry in own) if flops else ASSUMED_RATE
    return Rate(
        engine=engine, device=device, flops_per_second=speed, results=len(own) if flops else 0
    )
