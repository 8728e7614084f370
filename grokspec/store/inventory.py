"""What of a plan is in a store: current, stale or missing. Trains nothing and imports no torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from grokspec.errors import GrokspecError
from grokspec.store.fingerprint import changes, fingerprint, look_again, sources

if TYPE_CHECKING:
    from grokspec.plans import Plan, Run
    from grokspec.store import Store
    from grokspec.store.shard import Entry

Stale = Literal["rerun", "keep", "fail"]
"""What to do about results that other code made: train again, read them all the same, or stop."""

NAMED = 10
"""How many runs a message names before it counts the rest."""


@dataclass(frozen=True)
class Inventory:
    """How a plan's runs stand."""

    runs: tuple[Run, ...]
    wanted: dict[str, str]
    """The fingerprint of today's code and input files, by the run's key."""
    entries: dict[str, Entry]
    """What the store tells of the runs that are there, by key."""

    @property
    def stale(self) -> tuple[Run, ...]:
        """Runs with a result that other code or other input files made."""
        made = ((run, self._made_by(run)) for run in self.runs)
        return tuple(run for run, by in made if by not in (None, self.wanted[run.key]))

    @property
    def missing(self) -> tuple[Run, ...]:
        """Runs without a result."""
        return tuple(run for run in self.runs if run.key not in self.entries)

    def to_train(self, stale: Stale = "rerun") -> tuple[Run, ...]:
        """The runs that have to be trained, in the plan's order.

        With ``stale="fail"``, a GrokspecError tells which results are stale and what changed.
        """
        if stale not in get_args(Stale):
            raise GrokspecError(f'stale = "{stale}": there are {", ".join(get_args(Stale))}')
        if stale == "keep":
            return self.missing
        if stale == "fail" and self.stale:
            raise GrokspecError(
                "results that other code made, and they are not to be trained again "
                f"({len(self.stale)} of {len(self.runs)}):\n" + listed(map(self._why, self.stale))
            )
        return tuple(run for run in self.runs if self._made_by(run) != self.wanted[run.key])

    def _made_by(self, run: Run) -> str | None:
        entry = self.entries.get(run.key)
        return entry.fingerprint if entry else None

    def _why(self, run: Run) -> str:
        changed = changes(self.entries[run.key].sources, sources(run.experiment))
        return f"{run.id} ({', '.join(changed)} changed)"


def listed(lines: Iterable[str]) -> str:
    """Lines of a message, the first few of them if they are many."""
    lines = list(lines)
    more = [f"… and {len(lines) - NAMED} more"] if len(lines) > NAMED else []
    return "\n".join(f"  {line}" for line in (*lines[:NAMED], *more))


def take_inventory(plan: Plan, store: Store) -> Inventory:
    """Look up every run of a plan, and check that the shards that hold any are undamaged."""
    look_again()
    wanted = {run.key: fingerprint(run.experiment) for run in plan.runs}
    return Inventory(tuple(plan.runs), wanted, store.verified(wanted, wanted))
