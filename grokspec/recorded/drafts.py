"""Runs as one file has them, before those of all files are put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grokspec.engines.base import History
from grokspec.files.arrays import printable
from grokspec.formatting import count
from grokspec.recorded.recording import RecordedRun, Scalar, Source
from grokspec.recorded.results_table import RecordedResults
from grokspec.recorded.values import Refusal, point_in_words

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Draft:
    """A run in a file.

    ``coordinates`` and ``seed`` lack what only the file's name says. ``curves`` are the quantities
    with a value at each step, ``[record, ...]``; ``numbers`` are those with one for the run.
    """

    coordinates: dict[str, Scalar]
    seed: int | None
    steps: np.ndarray
    curves: dict[str, np.ndarray]
    numbers: dict[str, np.ndarray]
    rows: int = 0
    diverged_at: int | None = None

    @property
    def in_words(self) -> str:
        """The run in messages."""
        return point_in_words(self.coordinates, self.seed)

    def at(self, coordinates: dict[str, Scalar], seed: int) -> Draft:
        """The same draft with all coordinates and a seed."""
        return replace(self, coordinates=coordinates, seed=seed)

    def run(self, quantities: Iterable[str], source: Source) -> RecordedRun:
        """The run, with its quantities in this order."""
        import numpy as np

        values = self.curves | self.numbers
        ordered = {name: np.array(values[name], np.float64) for name in quantities}
        history = self._history(ordered)
        assert self.seed is not None, "a draft is a run once its place is known"
        return RecordedRun(self.coordinates, self.seed, history, source, self.rows)

    def _history(self, quantities: dict[str, np.ndarray]) -> History:
        """The history, with NaN in the curves from where the run diverged."""
        from grokspec.engines._divergence import history_of

        if self.diverged_at is None:
            return History(self.steps, quantities)
        curves = {name: quantities[name] for name in self.curves}
        ended = history_of(self.steps, curves, {}, self.diverged_at)
        return replace(ended, quantities=quantities | ended.quantities)


def require_named_axes(draft: Draft, results: RecordedResults, refusal: Refusal) -> None:
    """Raise a refusal unless each quantity has as many further axes as the spec names."""
    for name, dims in results.dimensions.items():
        inner = draft.curves[name].ndim - 1 if name in draft.curves else 0
        if len(dims) != inner:
            raise refusal(
                f"{name} has {count(inner, 'dimension')} after the steps, but its along names "
                f"{', '.join(map(printable, dims)) or 'none'}; correct it"
            )


def without_gaps(draft: Draft, results: RecordedResults, refusal: Refusal) -> Draft:
    """A draft whose records all have every number, unless the spec says to keep the gaps."""
    import numpy as np

    if draft.curves and not len(draft.steps):
        raise refusal(
            f"{draft.in_words} has no record of {', '.join(draft.curves)}; record it again"
        )
    if not draft.curves or results.gaps == "keep":
        return draft
    gap = np.zeros(len(draft.steps), dtype=bool)
    at = np.inf if draft.diverged_at is None else draft.diverged_at
    for name, values in draft.curves.items():
        own = np.isnan(values).reshape(len(values), -1).any(axis=1) & (draft.steps < at)
        if own.any() and results.gaps is None:
            raise refusal(
                f"{printable(name)} has no number in {own.sum():,} of the {len(own):,} records of "
                f"{draft.in_words}, first at step {draft.steps[np.argmax(own)]:,}; write "
                'gaps = "skip" to leave out the records that lack some number, or gaps = "keep" '
                "to have NaN there, as in a run that diverged"
            )
        gap |= own
    if gap.all():
        raise refusal(f"{draft.in_words} has no record with all quantities; read fewer of them")
    if not gap.any():
        return draft
    kept = {name: values[~gap] for name, values in draft.curves.items()}
    return replace(draft, steps=draft.steps[~gap], curves=kept)
