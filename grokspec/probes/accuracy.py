"""The share of examples that are classified correctly (Fig. 2, 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.training import Setup


class Accuracy(Probe):
    """``train_accuracy`` and ``test_accuracy``: how often the largest output is the target's."""

    kind: Literal["accuracy"] = "accuracy"
    quantities = ("train_accuracy", "test_accuracy")
    reads_classes = True

    def incompatibility(self, setup: Setup) -> str | None:
        if setup.task.output_size == 1:
            return "needs a task with an output for each class, not with one output"
        if why := setup.task.why_no_classes():
            return f"reads the class of an example from the largest of its targets; {why}"
        return None

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        def correct(split: Literal["train", "test"]) -> Tensor:
            predicted = snapshot.outputs(split).argmax(-1)
            return (predicted == snapshot.targets(split).argmax(-1)).double().mean(-1)

        return {"train_accuracy": correct("train"), "test_accuracy": correct("test")}
