"""What is left to train of a spec: which runs, in which stacks, with how much time and memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from grokspec.runner.machine import cut_for, expect, too_large_for
from grokspec.runner.pace import START, Pace, Rate, seconds_of
from grokspec.store.beginnings import beginnings
from grokspec.store.composing import compose
from grokspec.store.inventory import State, take_inventory

if TYPE_CHECKING:
    from grokspec.plan import Stack
    from grokspec.spec import SpecFile
    from grokspec.store import Store


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


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
    work: float | None
    """Seconds that one worker would take for all stacks."""
    memory: float
    """The most bytes that the stacks that train at a time take."""
    too_large: dict[str, str]
    """Why runs cannot be trained on this machine, by their ids."""


def estimate_training(
    spec: SpecFile, store: Store, device: str = "cpu", workers: int | None = None
) -> TrainingEstimate:
    """Estimate the training of missing and stale runs on a device. All but "cpu" load torch.

    The device need not be on this machine. ``workers`` are as many as a cluster has, each with one
    core or GPU like those here, and its share of the memory.
    """
    inventory = take_inventory(spec.runs, store)
    machine = expect(device)
    if workers is not None:
        machine = machine.times(workers)
    lacking = inventory.to_train()
    made_up = compose(lacking, store)
    to_train = [run for run in lacking if run.key not in made_up]
    pace = Pace(store.timings() if to_train else (), machine.device)
    begun = beginnings(to_train, store)
    stacks, slots = cut_for(machine, machine.slots, to_train, begun, pace.most_runs)
    rates = _rates(stacks, pace)
    each = _seconds_of_each(stacks, rates)
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
        seconds=None if each is None else _until_the_end(each, slots),
        work=None if each is None else sum(each),
        memory=sum(sorted(stack.cost.memory for stack in stacks)[-slots:]),
        too_large={run.id: reason for run, reason in too_large_for(machine, stacks)},
    )


def _rates(stacks: Iterable[Stack], pace: Pace) -> tuple[Rate, ...]:
    """The rate of each engine that the stacks need."""
    by_engine: dict[str, list[Stack]] = defaultdict(list)
    for stack in stacks:
        by_engine[stack.engine].append(stack)
    return tuple(map(pace.rate, by_engine.values()))


def _seconds_of_each(stacks: Sequence[Stack], rates: Sequence[Rate]) -> list[float] | None:
    """What each stack takes; None if that of one is not known."""
    if not all(rate.is_known for rate in rates):
        return None
    known = {rate.engine: rate for rate in rates}
    return [seconds_of(stack, known[stack.engine]) for stack in stacks]


def _until_the_end(each: Sequence[float], slots: int) -> float:
    """The work divided among the slots, but no less than the longest stack; and the start."""
    return START + max(sum(each) / slots, max(each)) if each else 0.0
