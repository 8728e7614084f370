"""The training loss and the loss on a test sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot


class LossProbe(Probe):
    """``train_loss`` and ``test_loss``: the loss of the training, over each set of examples."""

    kind: Literal["loss"] = "loss"
    quantities = ("train_loss", "test_loss")

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        loss, scalars = snapshot.loss, snapshot.loss_scalars
        return {
            f"{split}_loss": loss.value(snapshot.outputs(split), snapshot.targets(split), scalars)
            for split in ("train", "test")
        }
