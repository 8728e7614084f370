"""Results as a notebook shows them: what there is, and how the runs ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from grokspec.notebook.html import card, faint, folded, table
from grokspec.notebook.html_of_plan import axes_told, shortened

if TYPE_CHECKING:
    from grokspec.notebook.results import Results


def results_as_html(results: Results) -> str:
    """The axes, the steps and quantities that were recorded, and what became of the runs."""
    points = [(run.experiment, run.coordinates) for run in results.runs]
    ended = Counter(history.status for history in results.histories)
    rows = axes_told(results.plan.spec, points)
    rows["steps"] = _steps(results)
    rows["recorded"] = ", ".join(results.quantities)
    rows["runs"] = ", ".join(f"{count} {status}" for status, count in ended.items())
    parts = [faint("results"), table(rows)]
    diverged = [
        f"{run.id}, after step {history.diverged_at}"
        for run, history in zip(results.runs, results.histories, strict=True)
        if history.diverged_at is not None
    ]
    if diverged:
        parts.append(folded(f"{len(diverged)} diverged", shortened(diverged)))
    if results.stale:
        parts.append(folded(f"{len(results.stale)} made by other code", shortened(results.stale)))
    return card(f"{results.plan.name} · profile {results.plan.profile}", *parts)


def _steps(results: Results) -> str:
    numbers = sorted({len(history.steps) for history in results.histories})
    last = max(int(history.steps[-1]) for history in results.histories)
    records = " to ".join(dict.fromkeys(f"{number:,}" for number in (numbers[0], numbers[-1])))
    return f"{records} recorded, up to step {last:,}"
