"""The share of examples that are put into their class (Fig. 2, 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.experiment import Experiment
    from grokspec.probes._snapshot import Snapshot


class Accuracy(Probe):
    """``train_accuracy`` and ``test_accuracy``: how often the largest output is the target's."""

    kind: Literal["accuracy"] = "accuracy"
    quantities = ("train_accuracy", "test_accuracy")

    def incompatibility(self, experiment: Experiment) -> str | None:
        """A class is one output of several."""
        if experiment.task.output_size == 1:
            return "needs a task with an output for each class, not with one output"
        return None

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        """Both accuracies, [run]."""

        def correct(split: Literal["train", "test"]) -> Tensor:
            said, true = snapshot.outputs(split).argmax(-1), snapshot.targets(split).argmax(-1)
            return (said == true).double().mean(-1)

        return {"train_accuracy": correct("train"), "test_accuracy": correct("test")}
