"""What an engine is: a way to train a stack of runs together; and which one trains an experiment."""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from grokspec.errors import GrokspecError, suggestion
from grokspec.kinds import Kind, discover

if TYPE_CHECKING:
    import numpy as np

    from grokspec.experiment import Experiment

CACHE = 8 * 2**20
"""Bytes that a core keeps close. On a CPU as many runs train at a time as fit: fewer leave small
networks bound by the interpreter, more leave large ones bound by memory."""

AUTO = "auto"
"""What a spec says where the engine is to be chosen."""

StepCallback = Callable[[int], None]
"""Called now and then with the number of steps taken so far."""

Status = Literal["finished", "diverged"]


@dataclass(frozen=True)
class Cost:
    """What training costs: arithmetic in flop and peak memory in bytes."""

    flops: float
    memory: float

    def times(self, runs: int) -> Cost:
        """The cost of several runs that train together."""
        return Cost(self.flops * runs, self.memory * runs)

    def runs_at_once(self, device: str, runs: int) -> int:
        """How many runs of this cost to train at a time: on a CPU as many as its cache holds."""
        return runs if device != "cpu" else max(1, int(CACHE / self.memory))


@dataclass(frozen=True)
class History:
    """What was recorded of one run.

    ``steps`` is int64 [record]. Each quantity is float64: ``()`` if it is measured once, at the
    start, else ``[record, ...]``. A diverged run keeps what it recorded before ``diverged_at``
    (the step after which a recorded number was not finite) and NaN from there on.
    """

    steps: np.ndarray
    quantities: dict[str, np.ndarray]
    status: Status = "finished"
    diverged_at: int | None = None
    seconds: float = field(default=0.0, compare=False)
    """This run's share of the time that its stack took."""

    def taking(self, seconds: float) -> History:
        """The same history with its share of the time."""
        return replace(self, seconds=seconds)


class Engine(Kind, family="engine"):
    """The base of every engine."""

    preference: ClassVar[int] = 0
    """Of the engines that can train an experiment, ``engine = "auto"`` takes the highest."""

    @abstractmethod
    def incompatibility(self, experiment: Experiment) -> str | None:
        """Why this engine cannot train an experiment, or None if it can."""

    def provides(self, experiment: Experiment) -> frozenset[str]:
        """What its snapshots hold for the probes; see `Probe.requires`."""
        return frozenset({"outputs"})

    @abstractmethod
    def cost(self, experiment: Experiment) -> Cost:
        """What one run costs. Pure arithmetic on the description."""

    @abstractmethod
    def train(
        self, stack: Sequence[Experiment], device: str, progress: StepCallback | None = None
    ) -> list[History]:
        """Train experiments that differ only in seed and stackable fields; one history each.

        ``device`` is a torch device name. A run whose numbers stop being finite is reported as
        diverged and does not disturb the others.
        """


class NoEngineError(GrokspecError):
    """No engine can train an experiment, or not the one that it names."""


@functools.cache
def engine_named(name: str) -> Engine:
    """The engine of that name, or a NoEngineError that lists those there are."""
    discover()
    if name not in Engine.alternatives:
        raise NoEngineError(f"not an engine; {suggestion(name, [AUTO, *Engine.alternatives])}")
    engine = Engine.alternatives[name](kind=name)
    assert isinstance(engine, Engine), "a family's alternatives derive from it"
    return engine


def engine_of(experiment: Experiment) -> Engine:
    """The engine that an experiment names."""
    return engine_named(experiment.engine)


def parts_of(experiment: Experiment) -> tuple[Kind, ...]:
    """The kinds that decide what a run computes and records."""
    parts = (experiment.task, experiment.model, experiment.optimizer, engine_of(experiment))
    return (*parts, *experiment.record.probes)


def with_engine(experiment: Experiment) -> Experiment:
    """The experiment with "auto" replaced by the engine that trains it fastest.

    Raises NoEngineError if the engine that it names cannot train it, or none can.
    """
    if experiment.engine != AUTO:
        if reason := _incompatibility(engine_named(experiment.engine), experiment):
            raise NoEngineError(reason)
        return experiment
    discover()
    engines = sorted(map(engine_named, Engine.alternatives), key=lambda e: -e.preference)
    reasons = {engine: _incompatibility(engine, experiment) for engine in engines}
    for engine, reason in reasons.items():
        if reason is None:
            return experiment.model_copy(update={"engine": engine.kind})
    listed = "; ".join(f'"{engine.kind}" {reason}' for engine, reason in reasons.items())
    raise NoEngineError(f"none can train this: {listed}")


def _incompatibility(engine: Engine, experiment: Experiment) -> str | None:
    if reason := engine.incompatibility(experiment):
        return reason
    for probe in experiment.record.probes:
        if missing := probe.requires - engine.provides(experiment):
            return (
                f'does not offer the {", ".join(sorted(missing))} that probe "{probe.kind}" reads'
            )
    return None
