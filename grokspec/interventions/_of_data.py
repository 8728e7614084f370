"""What the interventions on the training set share."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from grokspec.interventions.base import Intervention

if TYPE_CHECKING:
    import numpy as np

    from grokspec.interventions.base import Subject, Turn
    from grokspec.tasks.base import Data


class OfData(Intervention):
    """The base of interventions on the training set.

    Data sets are numpy's, one a run, so they are changed one after the other. The examples of a
    batch that is drawn already stay those of the same numbers.
    """

    changes_data = True

    def act(self, subject: Subject, turn: Turn) -> None:
        data = list(subject.data)
        shares = turn.numbers["share"].tolist() if "share" in turn.numbers else [1.0] * len(data)
        for run in turn.positions:
            data[run] = self.changed(data[run], shares[run], turn.sources[run])
        subject.train_on(data)

    @abstractmethod
    def changed(self, data: Data, share: float, source: np.random.Generator) -> Data:
        """The data set of a run afterwards; the one before stays as it is."""
