"""From a spec to its results in five lines.

    spec = grokspec.load("specs/polynomial/alpha.toml")
    plan = grokspec.plan(spec)
    grokspec.run(plan)
    results = grokspec.results(plan)

What one step takes may also be what an earlier one takes: `results("mine.toml")` plans by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.plans import Plan, plan_of
from grokspec.spec import DEFAULT_PROFILE
from grokspec.spec.reader import SpecFile, read_spec
from grokspec.store import Store, open_store

if TYPE_CHECKING:
    from grokspec.notebook.results import Results
    from grokspec.runner import Report
    from grokspec.store.inventory import Stale

Named = str | Path | SpecFile | Plan
"""What a plan can be made of: the path of a spec, a spec that was loaded, or the plan itself."""

Kept = str | Path | Store | None
"""A store or its folder; if None, ``GROKSPEC_STORE`` or else the user's cache."""


def load(spec: str | Path | SpecFile, profile: str | None = None) -> SpecFile:
    """Read a spec under a profile: that which it was loaded with, or else "quick".

    Raises a GrokspecError with every mistake in it.
    """
    if not isinstance(spec, SpecFile):
        return read_spec(spec, profile or DEFAULT_PROFILE)
    return spec if profile in (None, spec.profile) else read_spec(spec.path, str(profile))


def plan(spec: Named, profile: str | None = None) -> Plan:
    """Plan the runs of a spec. Trains nothing, and loads no torch."""
    if not isinstance(spec, Plan):
        return plan_of(load(spec, profile))
    return spec if profile in (None, spec.profile) else plan_of(load(spec.path, profile))


def run(
    spec: Named,
    *,
    profile: str | None = None,
    store: Kept = None,
    device: str = "auto",
    workers: int | None = None,
    stale: Stale = "rerun",
    fresh: bool = False,
) -> Report:
    """Train the runs that the store does not have, with a line that shows how far it is.

    The options are those of `run_plan`. Raises TrainingError if runs could not be trained.
    """
    from grokspec.notebook.progress import training_line
    from grokspec.notebook.script import kept_from_workers
    from grokspec.runner import run_plan

    planned = plan(spec, profile)
    with training_line() as progress, kept_from_workers(planned):
        return run_plan(
            planned,
            _opened(store),
            device=device,
            workers=workers,
            stale=stale,
            fresh=fresh,
            progress=progress,
        )


def results(
    spec: Named, *, profile: str | None = None, store: Kept = None, stale: Stale = "rerun"
) -> Results:
    """Read the results of all runs. Raises MissingResults unless the store has them all.

    With ``stale="keep"``, results that other code made are read as well.
    """
    from grokspec.dataset import load_histories
    from grokspec.notebook.results import Results

    planned = plan(spec, profile)
    return Results(planned, *load_histories(planned, _opened(store), stale))


def _opened(store: Kept) -> Store:
    return store if isinstance(store, Store) else open_store(store)
