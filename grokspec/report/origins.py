"""With what, where and when the stored results of a plan were made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from grokspec.report.contents import Origins
from grokspec.store.inventory import take_inventory

if TYPE_CHECKING:
    from grokspec.plans import Plan
    from grokspec.store import Store

SHOWN_DIGITS = 12
"""How many digits of a hash are told."""

PROGRAMS = ("grokspec", "torch", "numpy", "python")
"""Whose versions are kept with a result."""


def origins_of(plan: Plan, store: Store) -> Origins:
    """Read them off the headers of the shards that have results of today's code."""
    inventory = take_inventory(plan, store)
    lacking = {run.key for run in inventory.to_train()}
    entries = [e for key, e in sorted(inventory.entries.items()) if key not in lacking]
    times = [datetime.fromtimestamp(entry.created, timezone.utc) for entry in entries]
    versions = {name: [getattr(e.provenance, name) for e in entries] for name in PROGRAMS}
    return Origins(
        runs=len(plan.runs),
        stored=len(entries),
        diverged=sum(entry.status == "diverged" for entry in entries),
        seeds=tuple(sorted({run.experiment.seed for run in plan.runs})),
        seconds=sum(entry.seconds for entry in entries),
        first=min(times, default=None),
        last=max(times, default=None),
        versions=tuple((name, _each(values)) for name, values in versions.items()),
        devices=_each(entry.provenance.device for entry in entries),
        fingerprints=_each(entry.fingerprint[:SHOWN_DIGITS] for entry in entries),
        shards=_each(entry.shard.stem[:SHOWN_DIGITS] for entry in entries),
    )


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))
