"""How large the outputs are, and by how much the right one exceeds the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes._classes import why_not_classified
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.shapes import Outputs
    from grokspec.training import Setup


class Logits(Probe):
    """The size of the outputs z, and the margin: z of an example's class minus the largest other.

    For each split: ``train_absolute_logit``, the mean |z|; ``train_logit_norm``, the mean over
    examples of √Σz²; ``train_margin`` and ``train_smallest_margin``, the mean and the smallest
    margin, which is above 0 where all examples are classified correctly.
    """

    kind: Literal["logits"] = "logits"
    quantities = (
        "train_absolute_logit",
        "train_logit_norm",
        "train_margin",
        "train_smallest_margin",
        "test_absolute_logit",
        "test_logit_norm",
        "test_margin",
        "test_smallest_margin",
    )

    reads_classes = True

    def incompatibility(self, setup: Setup) -> str | None:
        return why_not_classified(setup)

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        def of(split: Literal["train", "test"]) -> dict[str, Tensor]:
            outputs = snapshot.outputs(split)
            margin = margins(outputs, snapshot.targets(split))
            return {
                f"{split}_absolute_logit": outputs.abs().mean((-2, -1)),
                f"{split}_logit_norm": outputs.norm(dim=-1).mean(-1),
                f"{split}_margin": margin.mean(-1),
                f"{split}_smallest_margin": margin.amin(-1),
            }

        return of("train") | of("test")


def margins(outputs: Outputs, targets: Outputs) -> Tensor:
    """The output of each example's class minus the largest other, [run, example]."""
    import torch

    classes = targets.argmax(-1, keepdim=True)
    others = outputs.scatter(-1, classes, -torch.inf).amax(-1)
    return outputs.gather(-1, classes)[..., 0] - others
