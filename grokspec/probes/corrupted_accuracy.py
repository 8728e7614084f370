"""Whether wrong labels are learned (Doshi et al. 2024)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes._classes import correct, why_no_answer
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.training import Setup


class CorruptedAccuracy(Probe):
    """The accuracy on training examples with and without a wrong label (``corrupted_labels``).

    ``corrupted_given_accuracy`` is that on the examples with a wrong label, by this label: it is
    high where wrong labels are memorized. ``corrupted_true_accuracy`` is by their true labels: it
    is high where the network generalizes in spite of them. ``uncorrupted_accuracy`` is that on all
    other training examples. With one output, an example is correct if its sign is. An accuracy on
    no examples is 0.
    """

    kind: Literal["corrupted_accuracy"] = "corrupted_accuracy"
    quantities = ("corrupted_given_accuracy", "corrupted_true_accuracy", "uncorrupted_accuracy")

    reads_classes = True

    def incompatibility(self, setup: Setup) -> str | None:
        if setup.training.fresh:
            return "follows the examples of a training set, and with training.fresh there is none"
        return why_no_answer(setup)

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        outputs, given = snapshot.outputs("train"), snapshot.targets("train")
        true = snapshot.of_data(lambda data: _set(data.clean_targets))
        corrupted = snapshot.of_data(lambda data: _set(data.corrupted)) > 0
        right = correct(outputs, true)
        return {
            "corrupted_given_accuracy": _share(correct(outputs, given), corrupted),
            "corrupted_true_accuracy": _share(right, corrupted),
            "uncorrupted_accuracy": _share(right, ~corrupted),
        }


def _set(array: np.ndarray | None) -> np.ndarray:
    assert array is not None, "engines set it"
    return array


def _share(correct: Tensor, among: Tensor) -> Tensor:
    """The share of correct examples among some in each run; 0 where there are none."""
    return (correct & among).sum(-1).double() / among.sum(-1).clamp(min=1)
