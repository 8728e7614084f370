"""What a probe is: quantities taken from a stack at the recorded steps, while it trains."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from grokspec.kinds import Kind

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.experiment import Experiment
    from grokspec.probes._snapshot import Snapshot


class Probe(Kind, family="probe"):
    """The base of every probe."""

    requires: ClassVar[frozenset[str]] = frozenset({"outputs"})
    """What it reads of a snapshot: of "outputs", "weights", "moments" and "movement"."""
    quantities: ClassVar[tuple[str, ...]] = ()
    """The names of what it takes, so that a spec can be checked before it has run; () says
    nothing of them."""
    dimensions: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """For each quantity of more than one number, what its dimensions after the record are called;
    those that are not named are numbered."""
    once: ClassVar[bool] = False
    """Whether it is taken at the start only, so that its quantities have no record dimension."""

    def incompatibility(self, experiment: Experiment) -> str | None:
        """Why this probe cannot be taken of an experiment, or None."""
        return None

    @abstractmethod
    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        """Each quantity by its name, [run] or [run, ...]."""
