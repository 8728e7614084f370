"""The loss of the predictor that answers zero, by which losses of different seeds compare."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot


class Baseline(Probe):
    """``baseline``: the mean squared target, exact where the task knows it.

    Under cross-entropy it is log C for C classes, each of which the predictor then holds equally
    likely.
    """

    kind: Literal["baseline"] = "baseline"
    quantities = ("baseline",)
    once = True

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        """The baseline, [run]."""
        if snapshot.stack[0].training.loss == "cross_entropy":
            return {"baseline": snapshot.per_run(lambda e: math.log(e.task.output_size))}
        return {"baseline": snapshot.of_data(lambda data: data.baseline)}
