"""What a store has of some runs: current, stale or missing. Trains nothing, imports no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar, get_args

from grokspec.errors import GrokspecError
from grokspec.formatting import listed
from grokspec.store.fingerprint import changes, fingerprint, look_again, sources

if TYPE_CHECKING:
    from grokspec.spec import Run
    from grokspec.store.folder import Store
    from grokspec.store.shard import Entry, Result

Stale = Literal["rerun", "keep", "fail"]
"""What to do about results that other code made: train again, use them anyway, or stop."""

State = Literal["stored", "recorded", "stale", "missing"]
"""Of a run: the store has its result, has records of other runs that make it up (see `composing`),
has one that other code made, or has none."""

Found = TypeVar("Found", bound="Entry | Result")


@dataclass(frozen=True)
class Inventory(Generic[Found]):
    """Some runs, and what the store has of them."""

    runs: tuple[Run, ...]
    wanted: dict[str, str]
    """The fingerprint of today's code for each run, by its key."""
    entries: Mapping[str, Found]
    """What is in the store, by key."""

    @property
    def stale(self) -> tuple[Run, ...]:
        """Runs whose result other code made."""
        return tuple(run for run in self.runs if self.state(run) == "stale")

    @property
    def missing(self) -> tuple[Run, ...]:
        """Runs without a result."""
        return tuple(run for run in self.runs if self.state(run) == "missing")

    def state(self, run: Run) -> State:
        """What the store has of one run."""
        if run.key not in self.entries:
            return "missing"
        current = self.entries[run.key].fingerprint == self.wanted[run.key]
        return "stored" if current else "stale"

    def to_train(self, stale: Stale = "rerun") -> tuple[Run, ...]:
        """The runs to train, in order.

        With ``stale="fail"``, raises a GrokspecError that says which results are stale and what
        changed.
        """
        if stale not in get_args(Stale):
            raise GrokspecError(f'stale = "{stale}": must be one of {", ".join(get_args(Stale))}')
        if stale == "keep":
            return self.missing
        if stale == "fail" and self.stale:
            raise GrokspecError(
                f"{len(self.stale)} of {len(self.runs)} results were made by other code; "
                'stale = "rerun" trains them again, "keep" uses them as they are:\n'
                + listed(map(self._why, self.stale))
            )
        return tuple(run for run in self.runs if self.state(run) != "stored")

    def _why(self, run: Run) -> str:
        changed = changes(self.entries[run.key].sources, sources(run.experiment))
        return f"{run.id} ({', '.join(changed)} changed)"


def take_inventory(runs: Sequence[Run], store: Store) -> Inventory[Entry]:
    """Look up every run. Reads every shard that has results of them, to check that it is whole."""
    wanted = wanted_by(runs)
    return Inventory(tuple(runs), wanted, store.verified(wanted, wanted))


def wanted_by(runs: Sequence[Run]) -> dict[str, str]:
    """The fingerprint of today's code for each run, by its key; the code is read again."""
    look_again()
    return {run.key: fingerprint(run.experiment) for run in runs}
