"""What an engine is: a way to train a stack of runs together. Which one trains an experiment."""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from grokspec.errors import GrokspecError, suggestion
from grokspec.kinds import Kind, SpecModel, discover

if TYPE_CHECKING:
    import numpy as np

    from grokspec.description import Description

Described = TypeVar("Described", bound="Description")

CACHE = 8 * 2**20
"""Bytes of a core's cache. On a CPU, as many runs train at a time as fit into it: with fewer, small
networks wait for the interpreter; with more, large ones wait for memory."""

AUTO = "auto"
"""The name by which a spec leaves the choice of the engine to grokspec."""

StepCallback = Callable[[int], None]
"""Called from time to time with the number of steps taken so far."""

Status = Literal["finished", "ended", "diverged"]
"""How a run came to its end: after all its steps, before (see `Training.until`), or not at all."""

RECORD = "record"
"""The dimension of a run's recorded steps."""

DIVERGED_AT = "diverged_at"
"""The step at which a run diverged, in results and in tables."""

ENDED_AT = "ended_at"
"""The step at which a run ended before its last step, in results and in tables."""

RESERVED = (RECORD, "step", "time", "status", DIVERGED_AT, ENDED_AT)
"""Names that mean something else in results, so that no quantity and no axis may have them."""


@dataclass(frozen=True)
class Cost:
    """What training costs: arithmetic in flop, peak memory in bytes."""

    flops: float
    memory: float
    is_known: bool = True
    """Whether it could be computed; if not, ``flops`` is 1 and only compares runs."""
    why_one_by_one: str | None = None
    """Why the runs of a stack are evaluated one after the other; None if they go together."""

    def times(self, runs: int) -> Cost:
        """The cost of several runs that train together."""
        return replace(self, flops=self.flops * runs, memory=self.memory * runs)

    def runs_at_once(self, device: str, runs: int) -> int:
        """How many runs of this cost to train at a time: on a CPU, as many as fit into `CACHE`."""
        if device != "cpu" or not self.memory:
            return runs
        return max(1, int(CACHE / self.memory))


@dataclass(frozen=True)
class Kept:
    """The weights of one run at some steps.

    ``steps`` is int64 [kept], ascending; each of ``weights`` is [kept, ...], in the precision of
    the training. ``state`` is what else it takes to train on from the last of these steps, by
    name; None if that cannot be done.
    """

    steps: np.ndarray
    weights: dict[str, np.ndarray]
    state: dict[str, np.ndarray] | None = None


@dataclass(frozen=True)
class Begun:
    """Runs of a stack that have taken ``after`` steps, and what was kept of each up to there.

    Their weights were kept at the same steps.
    """

    after: int
    kept: tuple[Kept, ...]

    @property
    def kept_at(self) -> list[int]:
        """The steps, up to where they are, at which weights were kept."""
        return [int(step) for step in self.kept[0].steps if step <= self.after]

    def of(self, runs: slice) -> Begun:
        """A part of the runs."""
        return replace(self, kept=self.kept[runs])


@dataclass(frozen=True)
class History:
    """What was recorded of one run.

    ``steps`` is int64 [record]. Each quantity is float64: ``()`` if it is taken once, at the
    start, else ``[record, ...]``. A diverged run has what it recorded before ``diverged_at``, the
    first recorded step with a number that is not finite, and NaN from there on. The last record of
    a run that ended before its last step is that of ``ended_at``.
    """

    steps: np.ndarray
    quantities: dict[str, np.ndarray]
    status: Status = "finished"
    diverged_at: int | None = None
    ended_at: int | None = None
    seconds: float = field(default=0.0, compare=False)
    """The run's share of the time that its stack took."""
    kept: Kept | None = None
    """The weights, if they are kept."""

    def with_seconds(self, seconds: float) -> History:
        """The same history with another `seconds`."""
        return replace(self, seconds=seconds)


class Engine(Kind, family="engine"):
    """The base of every engine."""

    preference: ClassVar[int] = 0
    """Among the engines that can train an experiment, "auto" takes that of highest preference."""
    trains_parts: ClassVar[bool] = True
    """Whether it trains experiments, and a spec may name it; else runs of another form."""

    @abstractmethod
    def incompatibility(self, experiment: Any) -> str | None:
        """Why this engine cannot train an experiment, or None if it can."""

    def provides(self, experiment: Any) -> frozenset[str]:
        """What its snapshots provide for the probes; see `Probe.requires`."""
        return frozenset({"outputs"})

    @abstractmethod
    def cost(self, experiment: Any) -> Cost:
        """What one run costs, computed from the description alone."""

    @abstractmethod
    def train(
        self, stack: Sequence[Any], device: str, progress: StepCallback | None = None
    ) -> list[History]:
        """Train experiments that differ only in seed and stackable fields; one history each.

        ``device`` is a torch device name. A run whose numbers are no longer finite is reported as
        diverged and does not affect the others.
        """

    def go_on(
        self,
        stack: Sequence[Any],
        begun: Begun,
        device: str,
        progress: StepCallback | None = None,
    ) -> list[History]:
        """Train experiments whose first steps were taken before.

        Of these steps, the histories have records of those at which weights were kept.
        """
        raise NotImplementedError


class NoEngineError(GrokspecError):
    """No engine, or not the one that an experiment names, can train it."""


def engine_named(name: str) -> Engine:
    """The engine of that name; a NoEngineError with a suggestion if there is none."""
    discover()
    if name not in Engine.alternatives:
        raise NoEngineError(f"not an engine; {suggestion(name, [AUTO, *names_of_engines()])}")
    return _engine(name, Engine.alternatives[name])


def names_of_engines() -> list[str]:
    """The engines that a spec may name."""
    discover()
    known = {name: kind for name, kind in Engine.alternatives.items() if issubclass(kind, Engine)}
    return [name for name, kind in known.items() if kind.trains_parts]


@functools.cache
def _engine(name: str, cls: type[Kind]) -> Engine:
    engine = cls(kind=name)
    assert isinstance(engine, Engine), "a family's alternatives derive from it"
    return engine


def engine_of(experiment: Description) -> Engine:
    """The engine that a description names; see `with_engine` for one that says "auto"."""
    return engine_named(experiment.engine)


def parts_of(experiment: Description) -> tuple[SpecModel, ...]:
    """The parts that decide what a run computes and records."""
    return (*experiment.parts, engine_of(experiment))


def with_engine(experiment: Described) -> Described:
    """The description with "auto" replaced by the fastest engine that can train it.

    Raises NoEngineError if the engine that it names cannot train it, or none can.
    """
    if experiment.engine != AUTO:
        if reason := _incompatibility(engine_named(experiment.engine), experiment):
            raise NoEngineError(reason)
        return experiment
    discover()
    engines = sorted(map(engine_named, names_of_engines()), key=lambda e: -e.preference)
    reasons = {engine: _incompatibility(engine, experiment) for engine in engines}
    for engine, reason in reasons.items():
        if reason is None:
            return experiment.model_copy(update={"engine": engine.kind})
    listed = "; ".join(f'"{engine.kind}" {reason}' for engine, reason in reasons.items())
    raise NoEngineError(f"none can train this: {listed}")


def _incompatibility(engine: Engine, experiment: Description) -> str | None:
    if reason := engine.incompatibility(experiment):
        return reason
    for what, required in experiment.required.items():
        if missing := required - engine.provides(experiment):
            return f"does not provide the {', '.join(sorted(missing))} that {what} requires"
    return None
