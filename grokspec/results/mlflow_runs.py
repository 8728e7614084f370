"""What a run is in MLflow: params, metrics and tags, with names and lengths that it takes."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grokspec.formatting import exact
from grokspec.results.tables import coordinates_of, free_name, single_numbers

if TYPE_CHECKING:
    import numpy as np

    from grokspec.engines.base import History
    from grokspec.results.results import Results

OWN = "grokspec."
"""Begins the names of our tags."""

KEY, FINGERPRINT = f"{OWN}key", f"{OWN}fingerprint"
"""The tags by which a run is found again."""

LONGEST_NAME, LONGEST_VALUE = 240, 5000
"""In characters. MLflow takes 250, and 6,000 in a param."""

Curve = tuple["np.ndarray", "np.ndarray"]
"""Steps, and a number at each."""


@dataclass(frozen=True)
class RunToWrite:
    """A run as MLflow has it. Times are in milliseconds since 1970."""

    name: str
    tags: dict[str, str]
    params: dict[str, str]
    curves: dict[str, Curve]
    began: int
    ended: int

    @property
    def identity(self) -> tuple[str, str]:
        """Its key and fingerprint; a run that was recorded elsewhere has only a key."""
        return self.tags[KEY], self.tags.get(FINGERPRINT, "")


def runs_to_write(results: Results, quantities: Collection[str]) -> Iterator[RunToWrite]:
    """The runs of some results, one after the other, with these quantities."""
    coordinates = coordinates_of(results.spec, results.histories)
    for i, (run, history) in enumerate(zip(results.spec.runs, results.histories, strict=True)):
        made = results.provenances[i].created if results.provenances else time.time()
        of_spec = results.spec.recording is None
        yield RunToWrite(
            name=run.id,
            tags=_valid(_tags(results, i) | _coordinates(coordinates[run.key])),
            params=_valid(flattened(run.experiment.described if of_spec else coordinates[run.key])),
            curves=_curves(history, quantities),
            began=int(1000 * max(0.0, made - history.seconds)),
            ended=int(1000 * made),
        )


def flattened(described: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """The values of a description as texts, by their dotted paths; lists are JSON."""
    found: dict[str, str] = {}
    for name, value in described.items():
        if isinstance(value, Mapping):
            found |= flattened(value, f"{before}{name}.")
        elif value is not None:
            found[before + name] = _text(value)
    return found


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value or '""'
    return exact(value) if isinstance(value, bool | int | float) else json.dumps(value, default=str)


def _tags(results: Results, i: int) -> dict[str, Any]:
    """Which run it is, how it ended, and where it comes from."""
    run, history, spec = results.spec.runs[i], results.histories[i], results.spec
    found = {
        "key": run.key,
        "spec": spec.name,
        "profile": spec.profile,
        "status": history.status,
        "diverged_at": history.diverged_at,
        "ended_at": history.ended_at,
        "seconds": history.seconds,
        "stale": run.id in results.stale or None,
        **(_recorded(results, i) if spec.recording else _made(results, i)),
    }
    return {OWN + name: _text(value) for name, value in found.items() if value is not None}


def _made(results: Results, i: int) -> dict[str, Any]:
    """What made a run."""
    if not results.provenances:
        return {}
    versions = results.provenances[i].model_dump(exclude={"created"})
    return {"fingerprint": results.fingerprints[i], "version": versions.pop("grokspec"), **versions}


def _recorded(results: Results, i: int) -> dict[str, Any]:
    """Where a run was recorded."""
    assert results.spec.recording is not None, "the caller has looked"
    source = results.spec.recording.runs[i].source
    return {"file": source.name, "sha256": source.sha256}


def _coordinates(coordinates: Mapping[str, Any]) -> dict[str, str]:
    return {f"{OWN}at.{name}": _text(v) for name, v in coordinates.items() if v is not None}


def _curves(history: History, quantities: Collection[str]) -> dict[str, Curve]:
    """Each number at its steps; one that is measured once at the first."""
    found: dict[str, Curve] = {}
    for name in quantities:
        values = history.quantities.get(name)
        if values is None:
            continue
        by_record = values if values.ndim else values[None]
        for number, along in single_numbers(name, by_record, kept=1):
            found[free_name(valid_name(number), found)] = (history.steps[: len(along)], along)
    return found


def _valid(texts: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in texts.items():
        found[free_name(valid_name(name), found)] = _cut(text)
    return found


def valid_name(name: str) -> str:
    """A name as MLflow takes it: ``power[0,1]`` is ``power/0/1``, and other signs are ``_``.

    It may be part of a path, so that no part of it is empty or dots.
    """
    parted = re.sub(r"\[([\d,]+)\]$", lambda found: "/" + found[1].replace(",", "/"), name)
    parts = re.sub(r"[^/\w.\- ]", "_", parted).split("/")
    kept = "/".join(part for part in parts if part.strip(". "))
    return _cut(kept, LONGEST_NAME) or "_"


def _cut(text: str, longest: int = LONGEST_VALUE) -> str:
    """A text; if it is too long, its beginning and a hash, so that different ones differ."""
    if len(text) <= longest:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[: longest - 20]}... {digest}"
