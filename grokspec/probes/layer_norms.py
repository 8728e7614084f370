"""The norm of each weight by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes._of_weights import OfWeights

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot


class LayerNorms(OfWeights):
    """``norm_of_<weight>``: the root of the sum of all squared numbers of a weight (Frobenius)."""

    kind: Literal["layer_norms"] = "layer_norms"
    of_each = ("norm",)

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        return {
            f"norm_of_{name}": weight.flatten(1).norm(dim=1)
            for name, weight in self.chosen(snapshot.weights()).items()
        }
