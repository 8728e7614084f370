"""What a probe is: it takes quantities from a stack at the recorded steps of its training."""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import ValidationError

from grokspec.kinds import Kind

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.training import Setup


class Probe(Kind, family="probe"):
    """The base of every probe."""

    requires: ClassVar[frozenset[str]] = frozenset({"outputs"})
    """What it reads from a snapshot: any of "outputs", "weights", "gradients", "curvature",
    "moments", "movement" and "initial_kernel"."""
    quantities: ClassVar[tuple[str, ...]] = ()
    """The names of the quantities, so that a spec can be checked before it is trained; () if they
    are not known beforehand."""
    dimensions: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """The names of a quantity's dimensions after the run and the record. Dimensions without a name
    get a number."""
    reads_classes: ClassVar[bool] = False
    """Whether it takes the largest number in a row of targets for the right class, and a single
    target for a sign."""
    once: ClassVar[bool] = False
    """Whether it is taken only at the start, so that its quantities have no record dimension."""

    def quantities_of(self, setup: Setup) -> tuple[str, ...]:
        """The `quantities` in a run; overridden where they depend on fields or on the model."""
        return self.quantities

    def dimensions_of(self, setup: Setup) -> Mapping[str, tuple[str, ...]]:
        """The `dimensions` in a run, as `quantities_of`.

        Two quantities of a run may share a dimension only if it always has one length in both.
        """
        return self.dimensions

    def incompatibility(self, setup: Setup) -> str | None:
        """Why this probe cannot be taken of an experiment, or None."""
        return None

    @abstractmethod
    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        """The quantities by name, each [run] or [run, ...]."""


def probes_by_quantity() -> Mapping[str, Probe]:
    """The quantities that can be had by name, each with its probe, as that is by default.

    A probe that has no default, or that does not say what it takes, has none.
    """
    return _by_quantity(tuple(Probe.known().items()))


@functools.lru_cache(maxsize=32)
def _by_quantity(kinds: tuple[tuple[str, type[Kind]], ...]) -> Mapping[str, Probe]:
    found: dict[str, Probe] = {}
    for name, kind in kinds:
        try:
            probe = kind(kind=name)
        except ValidationError:  # it has required fields
            continue
        assert isinstance(probe, Probe), "a family's alternatives derive from it"
        found |= {quantity: probe for quantity in probe.quantities if quantity not in found}
    return found
