"""What an engine is: a way to train a stack of runs together. Which one trains an experiment."""

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
"""Bytes of a core's cache. On a CPU, as many runs train at a time as fit into it: with fewer, small
networks wait for the interpreter; with more, large ones wait for memory."""

AUTO = "auto"
"""The name by which a spec leaves the choice of the engine to grokspec."""

StepCallback = Callable[[int], None]
"""Called from time to time with the number of steps taken so far."""

Status = Literal["finished", "diverged"]

RECORD = "record"
"""The dimension of a run's recorded steps."""

RESERVED = (RECORD, "step", "time", "status", "diverged_at")
"""Names that mean something else in results, so that no quantity and no axis may have them."""


@dataclass(frozen=True)
class Cost:
    """What training costs: arithmetic in flop, peak memory in bytes."""

    flops: float
    memory: float

    def times(self, runs: int) -> Cost:
        """The cost of several runs that train together."""
        return Cost(self.flops * runs, self.memory * runs)

    def runs_at_once(self, device: str, runs: int) -> int:
        """How many runs of this cost to train at a time: on a CPU, as many as fit into `CACHE`."""
        return runs if device != "cpu" else max(1, int(CACHE / self.memory))


@dataclass(frozen=True)
class History:
    """What was recorded of one run.

    ``steps`` is int64 [record]. Each quantity is float64: ``()`` if it is taken once, at the
    start, else ``[record, ...]``. A diverged run has what it recorded before ``diverged_at``, the
    first recorded step with a number that is not finite, and NaN from there on.
    """

    steps: np.ndarray
    quantities: dict[str, np.ndarray]
    status: Status = "finished"
    diverged_at: int | None = None
    seconds: float = field(default=0.0, compare=False)
    """The run's share of the time that its stack took."""

    def with_seconds(self, seconds: float) -> History:
        """The same history with another `seconds`."""
        return replace(self, seconds=seconds)


class Engine(Kind, family="engine"):
    """The base of every engine."""

    preference: ClassVar[int] = 0
    """Among the engines that can train an experiment, "auto" takes that of highest preference."""

    @abstractmethod
    def incompatibility(self, experiment: Experiment) -> str | None:
        """Why this engine cannot train an experiment, or None if it can."""

    def provides(self, experiment: Experiment) -> frozenset[str]:
        """What its snapshots provide for the probes; see `Probe.requires`."""
        return frozenset({"outputs"})

    @abstractmethod
    def cost(self, experiment: Experiment) -> Cost:
        """What one run costs, computed from the description alone."""

    @abstractmethod
    def train(
        self, stack: Sequence[Experiment], device: str, progress: StepCallback | None = None
    ) -> list[History]:
        """Train experiments that differ only in seed and stackable fields; one history each.

        ``device`` is a torch device name. A run whose numbers are no longer finite is reported as
        diverged and does not affect the others.
        """


class NoEngineError(GrokspecError):
    """No engine, or not the one that an experiment names, can train it."""


def engine_named(name: str) -> Engine:
    """The engine of that name; a NoEngineError with a suggestion if there is none."""
    discover()
    if name not in Engine.alternatives:
        raise NoEngineError(f"not an engine; {suggestion(name, [AUTO, *Engine.alternatives])}")
    return _engine(name, Engine.alternatives[name])


@functools.cache
def _engine(name: str, cls: type[Kind]) -> Engine:
    engine = cls(kind=name)
    assert isinstance(engine, Engine), "a family's alternatives derive from it"
    return engine


def engine_of(experiment: Experiment) -> Engine:
    """The engine that an experiment names; see `with_engine` for one that says "auto"."""
    return engine_named(experiment.engine)


def parts_of(experiment: Experiment) -> tuple[Kind, ...]:
    """The kinds that decide what a run computes and records."""
    parts = (experiment.task, experiment.model, experiment.optimizer, engine_of(experiment))
    return (*parts, *experiment.record.probes)


def with_engine(experiment: Experiment) -> Experiment:
    """The experiment with "auto" replaced by the fastest engine that can train it.

    Raises NoEngineError if the engine that the experiment names cannot train it, or none can.
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
            names = ", ".join(sorted(missing))
            return f'does not provide the {names} that probe "{probe.kind}" requires'
    return None
