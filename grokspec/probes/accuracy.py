"""The share of examples that are classified correctly (Fig. 2, 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes._classes import correct_share, why_no_answer
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.training import Setup


class Accuracy(Probe):
    """``train_accuracy`` and ``test_accuracy``: how often the largest output is the target's.

    With one output, how often it has the sign of the target; an output of exactly 0 is wrong.
    """

    kind: Literal["accuracy"] = "accuracy"
    quantities = ("train_accuracy", "test_accuracy")
    reads_classes = True

    def incompatibility(self, setup: Setup) -> str | None:
        return why_no_answer(setup)

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        return {
            f"{split}_accuracy": correct_share(snapshot.outputs(split), snapshot.targets(split))
            for split in ("train", "test")
        }
