"""From a spec to its results in five lines.

    spec = grokspec.load("specs/polynomial/alpha.toml")
    plan = grokspec.plan(spec)
    grokspec.run(spec)
    results = grokspec.results(spec)

All of these also take the path of a spec, as in `results("mine.toml")`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.plan import Plan, make_plan
from grokspec.spec import DEFAULT_PROFILE, SpecFile, read_spec
from grokspec.store import Store, open_store

if TYPE_CHECKING:
    from grokspec.results import Results
    from grokspec.runner import TrainingSummary
    from grokspec.store.inventory import Stale

AnySpec = str | Path | SpecFile | Plan
"""The path of a spec, a loaded spec, or its plan."""

AnyStore = str | Path | Store | None
"""A store or its folder; if None, the folder ``GROKSPEC_STORE`` or else the user's cache."""


def load(spec: AnySpec, profile: str | None = None) -> SpecFile:
    """Read a spec under a profile, by default "quick"; a loaded spec keeps its own.

    Raises a GrokspecError with all mistakes in it.
    """
    if isinstance(spec, Plan):
        spec = spec.spec
    if not isinstance(spec, SpecFile):
        return read_spec(spec, profile or DEFAULT_PROFILE)
    return spec if profile in (None, spec.profile) else read_spec(spec.path, str(profile))


def plan(spec: AnySpec, profile: str | None = None) -> Plan:
    """Plan the runs of a spec, in stacks. Trains nothing, loads no torch."""
    loaded = load(spec, profile)
    return spec if isinstance(spec, Plan) and spec.spec is loaded else make_plan(loaded)


def run(
    spec: AnySpec,
    *,
    profile: str | None = None,
    store: AnyStore = None,
    device: str = "auto",
    workers: int | None = None,
    stale: Stale = "rerun",
    fresh: bool = False,
) -> TrainingSummary:
    """Train the runs that the store does not have, with a line that shows the progress.

    The options are those of `train_runs`. Raises TrainingError if runs could not be trained.
    """
    from grokspec.runner import train_runs
    from grokspec.runner.progress import progress_line
    from grokspec.runner.script import kept_from_workers

    loaded = load(spec, profile)
    with progress_line() as show, kept_from_workers(loaded.runs):
        return train_runs(
            loaded.runs,
            _opened(store),
            label=loaded.name,
            device=device,
            workers=workers,
            stale=stale,
            fresh=fresh,
            progress=show,
        )


def results(
    spec: AnySpec, *, profile: str | None = None, store: AnyStore = None, stale: Stale = "rerun"
) -> Results:
    """Read the results of all runs; raises MissingResults if the store does not have them all.

    With ``stale="keep"``, results that other code made are read as well.
    """
    from grokspec.results import read_results

    return read_results(load(spec, profile), _opened(store), stale)


def _opened(store: AnyStore) -> Store:
    return store if isinstance(store, Store) else open_store(store)
