"""Wrong labels from some step on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.interventions._of_data import OfData
from grokspec.kinds import PerRun
from grokspec.tasks._disturbance import wrong_labels

if TYPE_CHECKING:
    import numpy as np

    from grokspec.tasks.base import Data


class CorruptLabels(OfData):
    """Gives training examples, drawn at random, wrong labels as `task.corrupted_labels` does.

    Each wrong label is one for the example's right label, also where it has a wrong one already.
    """

    kind: Literal["corrupt_labels"] = "corrupt_labels"
    share: Annotated[
        PerRun,
        Field(ge=0, le=1, description="Which share of the training examples.", examples=[0.2]),
    ]

    def changed(self, data: Data, share: float, source: np.random.Generator) -> Data:
        import numpy as np

        clean, known = data.clean_targets, data.corrupted
        assert clean is not None, "the engines set it"
        assert known is not None, "the engines set it"
        chosen = np.zeros(len(clean), dtype=bool)
        chosen[source.permutation(len(clean))[: round(share * len(clean))]] = True
        wrong = wrong_labels(clean, data.test_targets, source)
        targets = np.where(chosen[:, None], wrong, data.train_targets)
        return replace(data, train_targets=targets, corrupted=known | chosen)
