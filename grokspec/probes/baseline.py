"""The loss of the zero predictor, which makes the losses of different seeds comparable."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot


class Baseline(Probe):
    """``baseline``: the mean squared target, exact if the task knows it.

    With cross-entropy it is log C: the zero predictor gives all C classes the same probability.
    With a loss of one's own it is that of the zero predictor on the test set.
    """

    kind: Literal["baseline"] = "baseline"
    quantities = ("baseline",)
    once = True

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        chosen = snapshot.stack[0].training.loss
        if chosen == "cross_entropy":
            return {"baseline": snapshot.per_run(lambda e: math.log(e.task.output_size))}
        if not isinstance(chosen, str):
            from grokspec.losses import loss_of

            targets = snapshot.targets("test")
            return {"baseline": loss_of(chosen).value(0 * targets, targets)}
        return {"baseline": snapshot.of_data(lambda data: data.baseline)}
