"""From a spec to its results in five lines.

    spec = grokspec.load("specs/polynomial/alpha.toml")
    plan = grokspec.plan(spec)
    grokspec.run(spec)
    results = grokspec.results(spec)

A path may stand wherever a spec or a plan does: `results("mine.toml")` reads the spec by itself.
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
"""The path of a spec, a spec that was loaded, or its plan."""

AnyStore = str | Path | Store | None
"""A store or its folder; if None, ``GROKSPEC_STORE`` or else the user's cache."""


def load(spec: AnySpec, profile: str | None = None) -> SpecFile:
    """Read a spec under a profile: that which it was loaded with, or else "quick".

    Raises a GrokspecError with every mistake in it.
    """
    if isinstance(spec, Plan):
        spec = spec.spec
    if not isinstance(spec, SpecFile):
        return read_spec(spec, profile or DEFAULT_PROFILE)
    return spec if profile in (None, spec.profile) else read_spec(spec.path, str(profile))


def plan(spec: AnySpec, profile: str | None = None) -> Plan:
    """The runs of a spec, in stacks. Trains nothing, and loads no torch."""
    return make_plan(load(spec, profile))


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
    """Train the runs that the store does not have, with a line that shows how far it is.

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
    """Read the results of all runs. Raises MissingResults unless the store has them all.

    With ``stale="keep"``, results that other code made are read as well.
    """
    from grokspec.results import read_results

    return read_results(load(spec, profile), _opened(store), stale)


def _opened(store: AnyStore) -> Store:
    return store if isinstance(store, Store) else open_store(store)
