"""A run: one point of a sweep and one seed, with an id for people and a key for the store."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grokspec.description import Description
from grokspec.engines.base import Engine, engine_of, parts_of
from grokspec.formatting import exact
from grokspec.kinds import Kind

Scalar = str | int | float | bool

KEY_DIGITS = 8
"""How many digits of its key are the end of a run's id, unless two of a spec have the same."""

JSON = json.JSONEncoder(sort_keys=True)

LONGEST_POINT = 150
"""How many characters of an id may describe the point; a file's name has 255 at most."""


@dataclass(frozen=True)
class Run:
    """One run of a spec.

    ``id`` is for people: the spec's name, the point, and the first digits of ``key``, the identity
    of the run in a store. ``coordinates`` are the values of the swept paths in the experiment; a
    table or a list is TOML text.
    """

    id: str
    key: str
    experiment: Description
    coordinates: dict[str, Scalar]

    @property
    def engine(self) -> Engine:
        """The engine that trains it."""
        return engine_of(self.experiment)


def identity(experiment: Description) -> str:
    """The hash of a run's resolved description and of the semantics of its kinds, in hex.

    Of a run that was recorded elsewhere it is the hash of what was recorded. The order of keys,
    comments, the file's name and the other points of the sweep don't matter.
    """
    if experiment.known_by:
        return experiment.known_by
    meaning = [part.semantics for part in parts_of(experiment)]
    return _hash([experiment.described, meaning])


def trajectory_of(experiment: Description) -> str:
    """The hash of what decides how a run's weights move, whatever is recorded of them.

    Empty if that is not apart from what is recorded.
    """
    if (described := experiment.trajectory) is None:
        return ""
    moving = [part.semantics for part in (*experiment.moving_parts, engine_of(experiment))]
    return _hash([described, moving])


def identity_of_probe(probe: Kind) -> str:
    """The hash of a probe's description and of its semantics."""
    return _hash([probe.model_dump(mode="json", by_alias=True), probe.semantics])


def probes_of(experiment: Description) -> tuple[str, ...]:
    """The identity of each probe of a run; none of runs that are not made of parts."""
    return tuple(map(identity_of_probe, experiment.recorded_probes))


def _hash(content: Any) -> str:
    return hashlib.sha256(JSON.encode(content).encode()).hexdigest()


def name_runs(
    spec: str,
    points: Sequence[tuple[Description, dict[str, Scalar]]],
    keys: Iterable[str] | None = None,
) -> tuple[Run, ...]:
    """The runs of a spec of this name, each with an id that no other has, even in capitals.

    ``keys`` are their identities, if these are known.
    """
    letters = _letters({path for _, coordinates in points for path in coordinates})
    keys = keys or [identity(experiment) for experiment, _ in points]
    runs = [_run(spec, key, *point, letters) for key, point in zip(keys, points, strict=True)]
    often = Counter(run.id.lower() for run in runs)
    return tuple(_in_full(run) if often[run.id.lower()] > 1 else run for run in runs)


def _run(
    spec: str,
    key: str,
    experiment: Description,
    coordinates: dict[str, Scalar],
    letters: Mapping[str, str],
) -> Run:
    bits = [letters[path] + _short(v) for path, v in coordinates.items() if path != "seed"]
    point = "-".join([*bits, f"s{experiment.seed}"])
    return Run(f"{spec}/{point[-LONGEST_POINT:]}-{key[:KEY_DIGITS]}", key, experiment, coordinates)


def _in_full(run: Run) -> Run:
    """A run whose id has all digits of its key."""
    return replace(run, id=run.id[:-KEY_DIGITS] + run.key)


def _letters(paths: set[str]) -> dict[str, str]:
    """For each path the shortest start of its last part that no other path and no seed has."""
    names = {path: path.rsplit(".", 1)[-1] for path in paths}
    twice = [name for name in names.values() if list(names.values()).count(name) > 1]
    names = {path: path if name in twice else name for path, name in names.items()}
    taken = {*names.values(), "seed"}
    return {path: _shortest(name, taken - {name}) for path, name in names.items()}


def _shortest(name: str, others: Iterable[str]) -> str:
    for length in range(1, len(name)):
        if not any(other.startswith(name[:length]) for other in others):
            return name[:length]
    return name


def _short(value: Scalar) -> str:
    """A value in a few characters that are safe in a file's name."""
    text = exact(value)
    if isinstance(value, float):  # "1e-05" is safe, too
        return text
    return re.sub(r"[^A-Za-z0-9.+_]+", "_", text)[:20].strip("_")
