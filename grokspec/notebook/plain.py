"""A spec, a plan and results in one line, as Python shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from grokspec.layout import lay_out

if TYPE_CHECKING:
    from grokspec.notebook.results import Results
    from grokspec.plans import Plan
    from grokspec.spec.reader import SpecFile
    from grokspec.spec.schema import Spec


def spec_in_a_line(file: SpecFile) -> str:
    """``<SpecFile polynomial/alpha, profile quick: 40 runs, 4 alpha × 10 seed>``."""
    points = [(point.experiment, point.coordinates) for point in file.experiments]
    return f"<SpecFile {_named(file)}: {_counted(len(points))}{_sides(file.spec, points)}>"


def plan_in_a_line(plan: Plan) -> str:
    """The same of a plan."""
    points = [(run.experiment, run.coordinates) for run in plan.runs]
    return f"<Plan {_named(plan)}: {_counted(len(points))}{_sides(plan.spec, points)}>"


def results_in_a_line(results: Results) -> str:
    """The same of results, with what was recorded."""
    points = [(run.experiment, run.coordinates) for run in results.runs]
    told = f"{_counted(len(points))}{_sides(results.plan.spec, points)}"
    return f"<Results {_named(results.plan)}: {told}; {', '.join(results.quantities)}>"


def sides(spec: Spec, points: Sequence[tuple[Any, Any]]) -> dict[str, dict[str, list[Any]]]:
    """The axes that are varied, each with its coordinates; one seed alone is no axis."""
    axes = lay_out(spec.sweep, points, ())
    return {name: named for name, named in axes.items() if len(next(iter(named.values()))) > 1}


def _sides(spec: Spec, points: Sequence[tuple[Any, Any]]) -> str:
    lengths = {name: len(next(iter(c.values()))) for name, c in sides(spec, points).items()}
    told = " × ".join(f"{length} {name}" for name, length in lengths.items())
    return f", {told}" if told else ""


def _named(what: SpecFile | Plan) -> str:
    return f"{what.name}, profile {what.profile}"


def _counted(runs: int) -> str:
    return f"{runs:,} run" + ("" if runs == 1 else "s")
