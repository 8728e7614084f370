"""The accuracy of a regression at thresholds that the figure sets (Fig. 8, 17)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.figures.base import Available, Objection
from grokspec.figures.curves import Curves

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray
    from matplotlib.figure import Figure as Canvas


class ThresholdAccuracy(Curves):
    """Curves that can show ``train_accuracy`` and ``test_accuracy`` at one or several thresholds.

    These are computed from the errors recorded by the probe `example_errors`. ``threshold`` is an
    axis like those of the sweep; if it has several values, name it for colors or rows.
    """

    kind: Literal["threshold_accuracy"] = "threshold_accuracy"  # type: ignore[assignment]
    thresholds: Annotated[
        tuple[Annotated[float, Field(gt=0)], ...],
        Field(
            strict=False,
            min_length=1,
            description="Largest error with which an example counts as correct.",
        ),
    ]
    correct: Annotated[
        Literal["squared", "largest"],
        Field(description="An example's error: mean over outputs of (f − y)², or largest |f − y|."),
    ] = "squared"

    def objections(self, available: Available) -> Iterator[Objection]:
        if len(set(self.thresholds)) < len(self.thresholds):
            reason = "the same threshold twice; remove one of the two"
            yield Objection(("thresholds",), list(self.thresholds), reason)
        recorded = available.quantities
        if recorded is not None:
            if f"test_{self.correct}_errors" not in recorded:
                reason = 'the errors of examples are not recorded; add the probe "example_errors"'
                yield Objection(("thresholds",), list(self.thresholds), reason)
                return
            recorded |= {"train_accuracy", "test_accuracy"}
        axes = {**available.axes, "threshold": {"threshold": self.thresholds}}
        yield from super().objections(replace(available, quantities=recorded, axes=axes))

    def draw(self, results: xarray.Dataset) -> Canvas:
        from grokspec.measures import with_accuracy

        self.require(results)
        return super().draw(with_accuracy(results, self.thresholds, self.correct))
