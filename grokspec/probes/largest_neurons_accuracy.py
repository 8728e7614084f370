"""The accuracy with the hidden units of largest norm alone (Merrill et al. 2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.probes._classes import correct_share, why_no_answer
from grokspec.probes._hidden_layer import OfHiddenLayer, units_axis

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.shapes import Weights
    from grokspec.training import Setup


class LargestNeuronsAccuracy(OfHiddenLayer):
    """``largest_<k>_neurons_train_accuracy`` and ``…_test_accuracy``, with k hidden units alone.

    These are the units whose incoming weights have the largest norms ("A Tale of Two Circuits").
    The others are taken away while accuracy is taken: their outgoing weights are zero or, without
    any, their incoming ones. With one output, an example is correct if its sign is.
    """

    kind: Literal["largest_neurons_accuracy"] = "largest_neurons_accuracy"
    neurons: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...],
        Field(
            strict=False,
            min_length=1,
            description="How many units to keep.",
            examples=[[4, 8]],
        ),
    ]
    requires = frozenset({"outputs", "weights"})
    reads_classes = True

    def quantities_of(self, setup: Setup) -> tuple[str, ...]:
        return tuple(
            f"largest_{count}_neurons_{split}_accuracy"
            for count in self.neurons
            for split in ("train", "test")
        )

    def incompatibility(self, setup: Setup) -> str | None:
        return why_no_answer(setup) or super().incompatibility(setup)

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        accuracies = {}
        for count in self.neurons:
            weights = self._of_largest(snapshot.weights(), count)
            for split in ("train", "test"):
                outputs = snapshot.outputs_of(weights, split)
                accuracies[f"largest_{count}_neurons_{split}_accuracy"] = correct_share(
                    outputs, snapshot.targets(split)
                )
        return accuracies

    def _of_largest(self, weights: Weights, count: int) -> Weights:
        """The weights without all but the ``count`` largest units, or all of them if fewer."""
        import torch

        incoming, _ = self.layer(weights)
        norms = incoming.flatten(2).norm(dim=2)
        kept = norms.topk(min(count, norms.shape[1]), dim=1).indices
        mask = torch.zeros_like(norms, dtype=torch.bool).scatter(1, kept, True)
        name, axis = self.incoming, 1
        if self.outgoing is not None:
            name, axis = self.outgoing, units_axis(weights[self.outgoing])
        shape = [1] * weights[name].ndim
        shape[0], shape[axis] = mask.shape
        copies = {n: weight.clone() for n, weight in weights.items()}
        return copies | {name: weights[name].where(mask.view(shape), 0)}
