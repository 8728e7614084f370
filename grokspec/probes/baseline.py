"""The loss of the zero predictor, which makes the losses of different seeds comparable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot


class Baseline(Probe):
    """``baseline``: the loss of the zero predictor.

    It is exact where the task or the loss knows it: the mean squared target, or log C for the
    cross-entropy of C classes. Otherwise it is that on the test set.
    """

    kind: Literal["baseline"] = "baseline"
    quantities = ("baseline",)
    once = True

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        loss = snapshot.stack[0].training.loss
        known = [zero for data in snapshot.data if (zero := loss.of_zero(data)) is not None]
        if known:
            return {"baseline": snapshot.numbers(known)}
        targets = snapshot.targets("test")
        return {"baseline": snapshot.loss.value(0 * targets, targets, snapshot.loss_scalars)}
