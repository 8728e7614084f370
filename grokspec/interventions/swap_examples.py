"""Another training set from some step on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from grokspec.interventions._of_data import OfData
from grokspec.kinds import PerRun

if TYPE_CHECKING:
    import numpy as np

    from grokspec.interventions.base import Described
    from grokspec.tasks.base import Data


class SwapExamples(OfData):
    """Lets examples of the training set and as many of the test set change places.

    Both are drawn at random. An example comes to the test set with its right label.
    """

    kind: Literal["swap_examples"] = "swap_examples"
    share: Annotated[
        PerRun,
        Field(ge=0, le=1, description="Which share of the training examples.", examples=[0.5]),
    ]

    def incompatibility(self, run: Described) -> str | None:
        train, test = run.task.sizes
        if (wanted := round(self.share * train)) > test:
            return f"share = {self.share:g}: is {wanted:,} examples, and the test set has {test:,}"
        return None

    def changed(self, data: Data, share: float, source: np.random.Generator) -> Data:
        clean, corrupted = data.clean_targets, data.corrupted
        assert clean is not None, "the engines set it"
        assert corrupted is not None, "the engines set it"
        leaving = source.permutation(len(clean))[: round(share * len(clean))]
        coming = source.permutation(len(data.test_inputs))[: len(leaving)]
        return replace(
            data,
            train_inputs=_with(data.train_inputs, leaving, data.test_inputs[coming]),
            train_targets=_with(data.train_targets, leaving, data.test_targets[coming]),
            test_inputs=_with(data.test_inputs, coming, data.train_inputs[leaving]),
            test_targets=_with(data.test_targets, coming, clean[leaving]),
            clean_targets=_with(clean, leaving, data.test_targets[coming]),
            corrupted=_with(corrupted, leaving, False),
        )


def _with(rows: np.ndarray, places: np.ndarray, others: Any) -> np.ndarray:
    """The rows with others in some places."""
    new = rows.copy()
    new[places] = others
    return new
