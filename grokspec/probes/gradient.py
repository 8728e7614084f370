"""The gradient of the training loss, and whether it only rescales the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes._of_weights import OfWeights

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot


class Gradient(OfWeights):
    """``gradient_norm``, the norm of ∇L, and ``gradient_cosine``, the cosine between −∇L and w.

    L is the loss on all training examples, without what the optimizer adds. A cosine near 1 says
    that the loss falls by scaling the weights up (Prieto et al. 2025, §5).
    ``gradient_cosine_of_<weight>`` is the same for each weight alone. A cosine with a vector of
    zeros is 0.
    """

    kind: Literal["gradient"] = "gradient"
    quantities = ("gradient_norm", "gradient_cosine")
    of_each = ("gradient_cosine",)
    requires = frozenset({"weights", "gradients"})

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        from grokspec.probes._vectors import cosine, flat

        weights, gradients = snapshot.weights(), snapshot.gradients()
        slope = flat({name: gradients[name] for name in weights})
        each = {
            f"gradient_cosine_of_{name}": cosine(-gradients[name].flatten(1), weight.flatten(1))
            for name, weight in self.chosen(weights).items()
        }
        return {
            "gradient_norm": slope.norm(dim=1),
            "gradient_cosine": cosine(-slope, flat(weights)),
        } | each
