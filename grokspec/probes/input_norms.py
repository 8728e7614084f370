"""The norms of the weights that leave each input of a layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from grokspec.probes._of_weights import OfWeights

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.training import Setup


class InputNorms(OfWeights):
    """``input_norms_of_<weight>``, of each input: a column of a weight [unit, input].

    Their dimension is ``input_of_<weight>``. They show which inputs a network has come to use.
    """

    kind: Literal["input_norms"] = "input_norms"
    of_each = ("input_norms",)
    of_matrices = True

    def dimensions_of(self, setup: Setup) -> Mapping[str, tuple[str, ...]]:
        names = self.quantities_of(setup)
        return {name: (name.replace("input_norms_of", "input_of"),) for name in names}

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        chosen = self.chosen(snapshot.weights())
        return {
            f"input_norms_of_{name}": weight.movedim(2, 1).flatten(2).norm(dim=2)
            for name, weight in chosen.items()
        }
