"""Right labels from some step on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from grokspec.interventions._of_data import OfData

if TYPE_CHECKING:
    import numpy as np

    from grokspec.tasks.base import Data


class RestoreLabels(OfData):
    """Gives all training examples their right labels, without noise."""

    kind: Literal["restore_labels"] = "restore_labels"

    def changed(self, data: Data, share: float, source: np.random.Generator) -> Data:
        import numpy as np

        clean = data.clean_targets
        assert clean is not None, "the engines set it"
        return replace(data, train_targets=clean, corrupted=np.zeros(len(clean), dtype=bool))
