"""From a spec to its results in five lines, and from results to verdicts in one.

    spec = grokspec.load("specs/kumar2024/polynomial/alpha.toml")
    plan = grokspec.plan(spec)
    grokspec.run(spec)
    results = grokspec.results(spec)

All of these also take the path of a spec, as in `results("mine.toml")`.

    grokspec.judge(results, claims="claims/")
"""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokspec.errors import GrokspecError
from grokspec.plan import Plan, make_plan
from grokspec.spec import DEFAULT_PROFILE, SpecFile, read_spec
from grokspec.store import Store, open_store

if TYPE_CHECKING:
    import xarray as xr

    from grokspec.claims.checklist import Checklist
    from grokspec.results import Results
    from grokspec.runner import TrainingSummary
    from grokspec.runner.run import AnyExecutor
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
    executor: AnyExecutor = None,
    time_limit: float = math.inf,
) -> TrainingSummary:
    """Train the runs that the store does not have, with a line that shows the progress.

    The options are those of `train_runs`: an ``executor`` may be a client of a Dask cluster.
    Raises TrainingError if runs could not be trained.
    """
    from grokspec.runner import TrainingSummary, train_runs
    from grokspec.runner.progress import progress_line
    from grokspec.runner.script import kept_from_workers

    loaded = load(spec, profile)
    if loaded.recording is not None:  # elsewhere: there is nothing to train
        return TrainingSummary(kept=tuple(run.id for run in loaded.runs))
    hidden = kept_from_workers(loaded.runs) if workers != 0 else contextlib.nullcontext()
    with progress_line() as show, hidden:
        return train_runs(
            loaded.runs,
            _opened(store),
            label=loaded.name,
            device=device,
            workers=workers,
            stale=stale,
            fresh=fresh,
            executor=executor,
            time_limit=time_limit,
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


def judge(
    results: xr.Dataset | Results | Mapping[str, xr.Dataset | Results],
    claims: str | Path | Sequence[str | Path] = "claims",
    *,
    controls: bool = False,
    select: str = "",
    seed: str = "seed",
    step: str = "step",
    profile: str = DEFAULT_PROFILE,
    store: str | Path | None = None,
) -> Checklist:
    """Judge claims on results in memory, wherever they were recorded. Trains nothing.

    ``results`` is a dataset, for claims that are all on one spec, or a dict of datasets by the
    names that the claims give as ``spec=``. No spec file of these names is needed or read.
    `grokspec.results.adopted.adopt` is the rule by which a dataset is read; ``seed`` and ``step``
    are the names of these dimensions in it.

    ``claims`` are files or folders, which pytest collects in a process of its own: the verdicts are
    those of ``pytest CLAIMS``, and ``controls`` and ``select`` its options ``--controls`` and
    ``-k``. Controls that train are not run. Claims on other specs read what the ``store`` has of
    them under the ``profile``, and are NOT RUN if that is not all.

    The checklist can be printed, shows itself in a notebook, and has ``records()`` and
    ``is_as_expected``. Raises a GrokspecError if a dataset cannot be read or no claim was judged.
    """
    from grokspec.claims.judging import checklist_of
    from grokspec.files.datasets import write_dataset
    from grokspec.files.folders import named_path
    from grokspec.results.adopted import adopt

    options = ["--grokspec-run=never", f"--grokspec-profile={profile}"]
    options += [f"--grokspec-store={named_path(store)}"] if store else []
    options += ["--controls"] if controls else []
    options += ["-k", select] if select else []
    with tempfile.TemporaryDirectory(prefix="grokspec-") as folder:
        for i, (name, found) in enumerate(_by_spec(results).items()):
            file = Path(folder) / f"{i}.npz"
            called = f'the results of "{name}"' if name else "the results"
            write_dataset(adopt(_dataset_of(found), seed=seed, step=step, name=called), file)
            options.append(f"--grokspec-results={name}={file}")
        several = [claims] if isinstance(claims, str | Path) else claims
        return checklist_of([named_path(one) for one in several], *options)


def _by_spec(results: Any) -> Mapping[str, Any]:
    """Results by the spec in whose place they are given; the only one has no name."""
    import xarray as xr

    if not isinstance(results, Mapping) or isinstance(results, xr.Dataset):
        return {"": results}
    for name in results:
        if not isinstance(name, str) or not name or "=" in name:
            raise GrokspecError(
                f"results: {name!r} is no name of a spec; use what the claims give as spec="
            )
    if not results:
        raise GrokspecError("results: there are none; give a dataset for each spec by its name")
    return results


def _dataset_of(found: Any) -> Any:
    from grokspec.results import Results

    return found.to_xarray() if isinstance(found, Results) else found


def _opened(store: AnyStore) -> Store:
    return store if isinstance(store, Store) else open_store(store)
