"""How, when and where the stored results of a spec were made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from grokspec.report.contents import RecordedFile, ResultsProvenance
from grokspec.store.inventory import take_inventory

if TYPE_CHECKING:
    from grokspec.recorded import Recording
    from grokspec.spec import SpecFile
    from grokspec.store import Store

SHOWN_DIGITS = 12
"""The number of digits of a hash that are shown."""

PROGRAMS = ("grokspec", "torch", "numpy", "python")
"""The programs whose versions are stored with a result."""


def provenance_of(spec: SpecFile, store: Store) -> ResultsProvenance:
    """The provenance of the results of today's code, from the headers of their shards."""
    if spec.recording is not None:
        return _elsewhere(spec, spec.recording)
    inventory = take_inventory(spec.runs, store)
    stored = {run.key for run in spec.runs if inventory.state(run) == "stored"}
    entries = [e for key, e in sorted(inventory.entries.items()) if key in stored]
    times = [datetime.fromtimestamp(entry.created, timezone.utc) for entry in entries]
    return ResultsProvenance(
        runs=len(spec.runs),
        stored=len(entries),
        diverged=sum(entry.status == "diverged" for entry in entries),
        seeds=tuple(sorted({run.experiment.seed for run in spec.runs})),
        seconds=sum(entry.seconds for entry in entries),
        first=min(times, default=None),
        last=max(times, default=None),
        versions={name: _each(getattr(e.provenance, name) for e in entries) for name in PROGRAMS},
        devices=_each(entry.provenance.device for entry in entries),
        fingerprints=_each(entry.fingerprint[:SHOWN_DIGITS] for entry in entries),
        shards=_each(entry.shard.stem[:SHOWN_DIGITS] for entry in entries),
    )


def _elsewhere(spec: SpecFile, recording: Recording) -> ResultsProvenance:
    """The provenance of results that were recorded elsewhere: their files."""
    return ResultsProvenance(
        runs=len(spec.runs),
        stored=0,
        diverged=0,
        seeds=tuple(sorted({run.seed for run in recording.runs})),
        seconds=0.0,
        first=None,
        last=None,
        versions={},
        devices=(),
        fingerprints=(),
        shards=(),
        recorded=tuple(
            RecordedFile(
                name=source.name, sha256=source.sha256, rows=source.rows, columns=source.columns
            )
            for source in recording.sources
        ),
    )


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))
