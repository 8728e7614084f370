"""The runs of a spec on fresh seeds: every seed moved by one number, and nothing else changed.

What is moved are the seeds of the runs, so it makes no difference how the sweep writes them: as a
count, a list or an axis, or in what a run takes from another. Other numbers that are called a seed,
like an argument of somebody's function, stay.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from grokspec.description import Description
from grokspec.errors import GrokspecError
from grokspec.formatting import shown_path
from grokspec.spec.bounds import LARGEST_SEED
from grokspec.spec.runs import Run, name_runs
from grokspec.spec.sweep import SEED

if TYPE_CHECKING:
    from grokspec.spec.reader import SpecFile


def on_fresh_seeds(spec: SpecFile, moved_by: int) -> SpecFile:
    """The spec with all its seeds moved by a number that is not negative.

    A spec whose runs were recorded elsewhere has no other seeds, and stays as it is. Raises a
    GrokspecError if a moved seed is too large, or is one that the spec has already.
    """
    if moved_by == 0 or spec.recording is not None:
        return spec
    seeds = {run.experiment.seed for run in spec.runs}
    if why := _why_not(seeds, moved_by):
        raise GrokspecError(f"{shown_path(spec.path)}: {why}")
    points = [(_experiment(run.experiment, moved_by), _point(run, moved_by)) for run in spec.runs]
    return replace(spec, runs=name_runs(spec.name, points), seeds_moved_by=moved_by)


def _why_not(seeds: Collection[int], moved_by: int) -> str:
    """Why seeds cannot be moved by a number; empty if they can."""
    largest = max(seeds) + moved_by
    if largest > LARGEST_SEED:
        return f"moved by {moved_by:,}, its seed {max(seeds)} is more than 2^53; move it by less"
    if known := sorted(seed for seed in seeds if seed - moved_by in seeds):
        enough = max(seeds) - min(seeds) + 1
        return (
            f"moved by {moved_by}, seed {known[0] - moved_by} is {known[0]}, which is among the "
            f"spec's own, so it would not be fresh; move them by {enough} or more"
        )
    return ""


def _experiment(experiment: Description, moved_by: int) -> Description:
    moved = experiment.model_copy(update={SEED: experiment.seed + moved_by})
    of_seeds = {
        path: number.model_copy(update={"run": {**number.run, SEED: number.run[SEED] + moved_by}})
        for path, number in experiment.references.items()
        if SEED in number.run
    }
    return moved.with_values(of_seeds)


def _point(run: Run, moved_by: int) -> dict[str, str | int | float | bool]:
    """The coordinates of the moved run; a seed that has a name keeps it."""
    seed = run.coordinates.get(SEED)
    return (
        run.coordinates if not isinstance(seed, int) else {**run.coordinates, SEED: seed + moved_by}
    )
