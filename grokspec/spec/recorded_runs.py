"""Specs whose runs were recorded elsewhere: the runs are what is in the files of ``[results]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from grokspec.description import Description
from grokspec.errors import GrokspecError
from grokspec.figures.base import Available
from grokspec.kinds import SpecModel
from grokspec.recorded import RecordedRun, Recording
from grokspec.spec.diagnosis import Diagnosis
from grokspec.spec.layout import lay_out
from grokspec.spec.runs import Run, name_runs
from grokspec.spec.schema import ResultsSpec
from grokspec.spec.sweep import SEED

if TYPE_CHECKING:
    from grokspec.spec.document import Document

OF_A_SPEC = ("results", "figure", "parts")
"""The keys of a spec whose runs were recorded elsewhere."""


class RecordedPoint(Description):
    """A run that was recorded elsewhere: its place among the others, and what is known of it."""

    at: dict[str, Any]
    seed: int
    content: str
    recorded: frozenset[str]
    axes_inside: dict[str, tuple[str, ...]]

    @property
    def known_by(self) -> str:
        """The hash of what was recorded."""
        return self.content

    @property
    def parts(self) -> tuple[SpecModel, ...]:
        """None: nothing was computed here."""
        return ()

    @property
    def quantities(self) -> frozenset[str]:
        """The names of what was recorded."""
        return self.recorded

    @property
    def dimensions(self) -> dict[str, tuple[str, ...]]:
        """The names of a quantity's own axes."""
        return self.axes_inside

    def value_at(self, path: str) -> Any:
        """The value on an axis."""
        return self.seed if path == SEED else self.at.get(path)


def are_recorded(document: Document) -> bool:
    """Whether the runs of a spec were recorded elsewhere."""
    return "results" in document.data


def recorded_runs(document: Document, name: str) -> tuple[ResultsSpec, tuple[Run, ...], Recording]:
    """The content of such a spec, its runs, and what was recorded of each.

    Raises a GrokspecError with all mistakes in the spec, or else in the files.
    """
    diagnosis = Diagnosis(document)
    for key in document.data:
        if key not in OF_A_SPEC:
            diagnosis.add(
                f"{key}: a spec with [results] trains nothing, so it has no {key}; remove this, or "
                "[results]",
                (key,),
            )
    kept = {key: value for key, value in document.data.items() if key in OF_A_SPEC}
    try:
        content = ResultsSpec.model_validate(kept)
    except ValidationError as error:
        diagnosis.add_errors(error, ResultsSpec, kept, {})
        raise GrokspecError(*diagnosis.mistakes) from None
    recording = _read(content, diagnosis)
    points = [(_point(run, content), {**run.coordinates, SEED: run.seed}) for run in recording.runs]
    if content.figure is not None:
        quantities = frozenset(name for point, _ in points for name in point.recorded)
        axes = lay_out(content.sweep, points, quantities)
        axes.pop(SEED, None)
        diagnosis.add_objections(content.figure.objections(Available(quantities, axes)))
    if diagnosis:
        raise GrokspecError(*diagnosis.mistakes)
    return content, name_runs(name, points), recording


def _point(run: RecordedRun, content: ResultsSpec) -> RecordedPoint:
    return RecordedPoint(
        at=run.coordinates,
        seed=run.seed,
        content=run.key,
        recorded=frozenset(run.history.quantities),
        axes_inside=content.results.dimensions,
    )


def _read(content: ResultsSpec, diagnosis: Diagnosis) -> Recording:
    """What is in the files; each mistake in them is placed where the spec names them."""
    from grokspec.recorded import read_recorded

    try:
        return read_recorded(content.results)
    except GrokspecError as error:
        for mistake in error.mistakes:
            diagnosis.add(mistake.message, ("results", "files"), "value")
        raise GrokspecError(*diagnosis.mistakes) from None
