"""What an engine is: a way to train a stack of runs together."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from grokspec.kinds import Kind

if TYPE_CHECKING:
    from grokspec.history import History
    from grokspec.spec.schema import Experiment

CACHE = 8 * 2**20
"""Bytes that a core keeps close. On a CPU as many runs train at a time as fit: fewer leave small
networks bound by the interpreter, more leave large ones bound by memory."""

Progress = Callable[[int], None]
"""Called now and then with the number of steps taken so far."""


@dataclass(frozen=True)
class Price:
    """What one run of an experiment costs: arithmetic in flop and peak memory in bytes."""

    flops: float
    memory: float


class Engine(Kind, family="engine"):
    """The base of every engine."""

    preference: ClassVar[int] = 0
    """Of the engines that accept an experiment, ``engine = "auto"`` takes the highest."""

    @abstractmethod
    def refuses(self, experiment: Experiment) -> str | None:
        """Why this engine cannot train an experiment, or None if it can."""

    def offers(self, experiment: Experiment) -> frozenset[str]:
        """What its snapshots hold for the probes; see `Probe.needs`."""
        return frozenset({"outputs"})

    @abstractmethod
    def price(self, experiment: Experiment) -> Price:
        """What one run costs. Pure arithmetic on the description."""

    @abstractmethod
    def train(
        self, stack: Sequence[Experiment], device: str, progress: Progress | None = None
    ) -> list[History]:
        """Train experiments that differ only in seed and stackable fields; one history each.

        ``device`` is a torch device name. A run whose numbers stop being finite is reported as
        diverged and does not disturb the others.
        """
