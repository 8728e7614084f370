"""The accuracy with the largest weights alone, without a change to the training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.probes._classes import correct_share, why_no_answer
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.shapes import Weights
    from grokspec.training import Setup


class PrunedAccuracy(Probe):
    """``pruned_to_<share>_train_accuracy`` and ``…_test_accuracy``, with the largest weights alone.

    Of all weights of the model together, the share with the largest magnitude is kept, and the
    others are zero while accuracy is taken. With one output, an example is correct if its sign is.
    """

    kind: Literal["pruned_accuracy"] = "pruned_accuracy"
    keep: Annotated[
        tuple[Annotated[float, Field(gt=0, le=1)], ...],
        Field(strict=False, min_length=1, description="Shares of weights to keep."),
    ] = (0.1,)
    requires = frozenset({"outputs", "weights"})
    reads_classes = True

    def quantities_of(self, setup: Setup) -> tuple[str, ...]:
        return tuple(
            f"pruned_to_{share:g}_{split}_accuracy"
            for share in self.keep
            for split in ("train", "test")
        )

    def incompatibility(self, setup: Setup) -> str | None:
        return why_no_answer(setup)

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        accuracies = {}
        for share in self.keep:
            weights = pruned(snapshot.weights(), share)
            for split in ("train", "test"):
                outputs = snapshot.outputs_of(weights, split)
                accuracies[f"pruned_to_{share:g}_{split}_accuracy"] = correct_share(
                    outputs, snapshot.targets(split)
                )
        return accuracies


def pruned(weights: Weights, share: float) -> Weights:
    """The weights with zeros for all but the share that is largest, rounded, in each run."""
    import torch

    from grokspec.probes._vectors import flat, unflat

    vector = flat(weights)
    kept = vector.abs().topk(max(1, round(share * vector.shape[1])), dim=1).indices
    mask = torch.zeros_like(vector, dtype=torch.bool).scatter(1, kept, True)
    return unflat(vector.where(mask, 0), weights)
