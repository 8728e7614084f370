"""What is left to train of a spec: which runs, in which stacks, with how much time and memory."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from grokspec.runner.machine import cut_for, expect, too_large_for
from grokspec.store.beginnings import beginnings
from grokspec.store.composing import compose
from grokspec.store.inventory import State, take_inventory

if TYPE_CHECKING:
    from grokspec.plan import Stack
    from grokspec.spec import SpecFile
    from grokspec.store import Entry, Store

# Measured with the shipped specs, on one core of a server of 2025: of eleven specs, nine took
# between half and twice the time that these numbers give.

ASSUMED_RATE = 1e10
"""Flop per second assumed for a stack in training, while the store has no results to measure it."""

STEP = 3e-4
"""Seconds that the interpreter takes for a step of the runs that train at once."""

STACK = 0.1
"""Seconds before the first step of a stack: data, initial weights and the first records."""

START = 4.0
"""Seconds until a worker has loaded torch."""

SIMILAR = 3.0
"""A rate is measured from results with up to so many times more or less arithmetic: of small runs,
most of the time is the interpreter's."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Rate(_Record):
    """How fast an engine trains one stack on a device."""

    engine: str
    device: str
    flops_per_second: float
    results: int
    """Number of results in the store that this is measured from; 0 if it is assumed."""
    of_arithmetic: bool = True
    """Whether a run's flop are known; if not, each run counts as one."""


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
    is_known: bool = True
    """Whether the cost is known; that of a training function shows only when it is called."""
    may_end: bool = False
    """Whether runs may end before their last step, so that they cost at most as much."""
    why_one_by_one: str | None = None
    """Why its runs are evaluated one after the other in each step; None if they go together."""


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
    device: str
    device_is_here: bool
    """Whether this machine has the device; if not, it is taken to have enough memory."""
    rates: tuple[Rate, ...]
    seconds: float | None
    """From the start of the command to its end; None while that is unknown."""
    memory: float
    """The most bytes that the stacks that train at a time take."""
    too_large: dict[str, str]
    """Why runs cannot be trained on this machine, by their ids."""


def estimate_training(spec: SpecFile, store: Store, device: str = "cpu") -> TrainingEstimate:
    """Estimate the training of missing and stale runs on a device. All but "cpu" load torch.

    The device need not be on this machine.
    """
    inventory = take_inventory(spec.runs, store)
    machine = expect(device)
    lacking = inventory.to_train()
    made_up = compose(lacking, store)
    to_train = [run for run in lacking if run.key not in made_up]
    stacks, slots = cut_for(machine, machine.slots, to_train, beginnings(to_train, store))
    rates = _rates(stacks, store.index().values(), machine.device)
    return TrainingEstimate(
        name=spec.name,
        profile=spec.profile,
        spec=spec.path,
        store=store.folder,
        runs=tuple(
            RunState(
                id=run.id,
                key=run.key,
                state="recorded" if run.key in made_up else inventory.state(run),
                at=dict(run.coordinates),
            )
            for run in spec.runs
        ),
        stacks=tuple(
            StackCost(
                engine=stack.engine,
                runs=tuple(run.id for run in stack.runs),
                flops=stack.cost.flops,
                memory=stack.cost.memory,
                is_known=stack.cost.is_known,
                may_end=any(run.experiment.may_end for run in stack.runs),
                why_one_by_one=stack.cost.why_one_by_one if stack.runs[1:] else None,
            )
            for stack in stacks
        ),
        slots=slots,
        device=machine.device,
        device_is_here=machine.is_known,
        rates=rates,
        seconds=_seconds(stacks, rates, slots),
        memory=sum(sorted(stack.cost.memory for stack in stacks)[-slots:]),
        too_large={run.id: reason for run, reason in too_large_for(machine, stacks)},
    )


def _seconds(stacks: Sequence[Stack], rates: Sequence[Rate], slots: int) -> float | None:
    """The work divided among the slots, but no less than the longest stack; and the start.

    None if a stack's work is not known, and no result says what it takes.
    """
    if any(not rate.of_arithmetic and not rate.results for rate in rates):
        return None
    known = {rate.engine: rate for rate in rates}
    each = [_seconds_of(stack, known[stack.engine]) for stack in stacks]
    return START + max(sum(each) / slots, max(each)) if each else 0.0


def _seconds_of(stack: Stack, rate: Rate) -> float:
    at_once = stack.each.runs_at_once(rate.device, len(stack.runs))
    steps = (stack.runs[0].experiment.steps or 0) * math.ceil(len(stack.runs) / at_once)
    arithmetic = stack.cost.flops / rate.flops_per_second
    if rate.results:  # what they took includes the interpreter's time
        return STACK + max(arithmetic, steps * STEP)
    return STACK + arithmetic + steps * STEP


def _rates(stacks: Iterable[Stack], entries: Iterable[Entry], device: str) -> tuple[Rate, ...]:
    """The rate of each engine that the stacks need, from results of similar runs on the device."""
    timed = [e for e in entries if e.seconds > 0 and e.provenance.device.startswith(device)]
    by_engine: dict[str, list[Stack]] = defaultdict(list)
    for stack in stacks:
        by_engine[stack.engine].append(stack)
    return tuple(_rate(name, own, timed, device) for name, own in by_engine.items())


def _rate(engine: str, stacks: Sequence[Stack], timed: Iterable[Entry], device: str) -> Rate:
    module = type(stacks[0].runs[0].engine).__module__
    sizes = [stack.each.flops for stack in stacks]
    least, most = min(sizes) / SIMILAR, max(sizes) * SIMILAR
    own = [e for e in timed if module in e.sources and least <= e.provenance.flops <= most]
    flops = sum(entry.provenance.flops for entry in own)
    speed = flops / sum(entry.seconds for entry in own) if flops else ASSUMED_RATE
    return Rate(
        engine=engine,
        device=device,
        flops_per_second=speed,
        results=len(own) if flops else 0,
        of_arithmetic=stacks[0].each.is_known,
    )
