"""What is left to train of a spec: which runs, in which stacks, with how much time and memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from grokspec.runner.machine import cut_for, detect
from grokspec.store.inventory import State, take_inventory

if TYPE_CHECKING:
    from grokspec.plan import Stack
    from grokspec.spec import SpecFile
    from grokspec.store import Entry, Store

ASSUMED_RATE = 2e9
"""Flop per second assumed for a stack in training, while the store has no results to measure it."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Rate(_Record):
    """How fast an engine trains one stack on a device."""

    engine: str
    device: str
    flops_per_second: float
    results: int
    """Number of results in the store that this is measured from; 0 if it is assumed."""


class RunState(_Record):
    """A run, its coordinates in the sweep, and what the store has of it."""

    id: str
    key: str
    state: State
    at: dict[str, Any]


class StackCost(_Record):
    """A stack to train, with its cost in flop and bytes."""

    engine: str
    runs: tuple[str, ...]
    flops: float
    memory: float


class TrainingEstimate(_Record):
    """What the store has of a spec, and what it takes to train the rest."""

    name: str
    profile: str
    spec: Path
    store: Path
    runs: tuple[RunState, ...]
    stacks: tuple[StackCost, ...]
    """Of the runs to train."""
    slots: int
    """How many stacks train at a time."""
    rates: tuple[Rate, ...]
    seconds: float
    memory: float
    """The most bytes that the stacks that train at a time take."""


def estimate_training(spec: SpecFile, store: Store, device: str = "cpu") -> TrainingEstimate:
    """Estimate the training of missing and stale runs on a device. All but "cpu" load torch."""
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
    """The work divided among the slots, but no less than the longest stack."""
    speeds = {rate.engine: rate.flops_per_second for rate in rates}
    each = [stack.cost.flops / speeds[stack.engine] for stack in stacks]
    return max(sum(each) / slots, max(each, default=0.0))


def _rates(stacks: Iterable[Stack], entries: Iterable[Entry], device: str) -> tuple[Rate, ...]:
    """The rate of each engine that the stacks need, from its results on the device."""
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
