"""Weights set to zero, the smallest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.interventions._of_weights import By, OfWeights, groups, put
from grokspec.kinds import PerRun

if TYPE_CHECKING:
    from jaxtyping import Bool
    from torch import Tensor

    from grokspec.interventions.base import Subject, Turn
    from grokspec.shapes import Scalar, Weights


class PruneWeights(OfWeights):
    """Sets a share of the weights to zero: those of the smallest magnitude at its first turn.

    With ``every = 1`` they stay at zero from then on. Acting once, they may grow again.
    """

    kind: Literal["prune_weights"] = "prune_weights"
    share: Annotated[
        PerRun, Field(ge=0, le=1, description="Which share of the weights.", examples=[0.5])
    ]
    by: By = "all"

    def act(self, subject: Subject, turn: Turn) -> None:
        for number, weights in enumerate(groups(self.chosen(subject.weights), self.by)):
            pruned = turn.remember(f"{number}", _smallest(weights, turn.numbers["share"]))
            parts = pruned.split([weight[0].numel() for weight in weights.values()], dim=1)
            for weight, part in zip(weights.values(), parts, strict=True):
                put(turn, weight, weight.masked_fill(part.view(weight.shape), 0.0))


def _smallest(weights: Weights, share: Scalar) -> Bool[Tensor, "run weight"]:
    """Which elements of some weights, one after the other, are the share of the smallest."""
    import torch

    sizes = torch.cat([weight.flatten(1) for weight in weights.values()], 1).abs()
    rank = sizes.argsort(dim=1, stable=True).argsort(dim=1)
    return rank < (share * sizes.shape[1]).round()[:, None]
