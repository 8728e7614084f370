"""Drawing the figure of a spec from the store's results into a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.cli.writing import writing
from grokspec.errors import GrokspecError

if TYPE_CHECKING:
    from grokspec.plans import Plan
    from grokspec.store import Store
    from grokspec.store.inventory import Stale

FORMATS = (".svg", ".png", ".pdf")
"""What a figure can be written as, by the ending of its file."""


def figure_file(plan: Plan, output: Path | None) -> Path:
    """Where the figure of a plan goes: to ``output``, or to a file called as the spec is.

    Raises a GrokspecError if the spec has no figure or the file's format is unknown, which is
    better known before anything is trained.
    """
    if plan.spec.figure is None:
        raise GrokspecError(
            f'{plan.path} has no [figure]; say what to draw: [figure] and kind = "curves", for one'
        )
    output = output or Path(plan.name.rsplit("/", 1)[-1] + FORMATS[0])
    if output.suffix.lower() not in FORMATS:
        raise GrokspecError(
            f"{output}: a figure is written as {', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
        )
    return output


def draw_figure(plan: Plan, store: Store, output: Path, stale: Stale = "rerun") -> None:
    """Draw a plan's results into a file. Raises MissingResults unless the store has them all."""
    from grokspec.dataset import load_results

    assert plan.spec.figure is not None, "figure_file comes first"
    results = load_results(plan, store, stale)
    with writing(output):
        plan.spec.figure.save(results, output)
