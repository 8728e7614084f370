"""What is left without the least, or the most, periodic hidden units (Doshi et al. 2024, §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.probes._classes import correct, correct_share, why_no_answer
from grokspec.probes._hidden_layer import OfHiddenLayer, units_axis
from grokspec.probes.fourier import participations, powers

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.shapes import Outputs, Scalar, Stacked, Weights
    from grokspec.tasks.base import Data
    from grokspec.training import Setup


class PeriodicUnitsAccuracy(OfHiddenLayer):
    """Accuracies without some of the units, the least or the most periodic ones.

    A unit is as periodic as the mean of the inverse participation ratios of its weights, which
    `fourier` defines: those for each number of the input, and those to the outputs. Units of zeros
    count as the least periodic. For each share s of units that is taken away,

    - ``without_<s>_least_periodic_test_accuracy`` is the accuracy on the test set, and
    - ``without_<s>_least_periodic_memorized`` the accuracy on the training examples with a wrong
      label, by this label; 0 if there are none.

    ``without_<s>_most_periodic_…`` are the same without the most periodic units.
    """

    kind: Literal["periodic_units_accuracy"] = "periodic_units_accuracy"
    remove: Annotated[
        tuple[Annotated[float, Field(gt=0, lt=1)], ...],
        Field(strict=False, min_length=1, description="Shares of units to take away."),
    ] = (0.2,)
    requires = frozenset({"outputs", "weights"})
    reads_classes = True

    def quantities_of(self, setup: Setup) -> tuple[str, ...]:
        return tuple(
            f"without_{share:g}_{which}_periodic_{what}"
            for share in self.remove
            for which in ("least", "most")
            for what in ("test_accuracy", "memorized")
        )

    def incompatibility(self, setup: Setup) -> str | None:
        if setup.training.fresh:
            return "follows the examples of a training set, and with training.fresh there is none"
        if self.outgoing is None:
            return 'name the weights out of the layer, too, as outgoing = "weight_2"'
        return (
            why_no_answer(setup) or super().incompatibility(setup) or self._why_no_residues(setup)
        )

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        weights = snapshot.weights()
        incoming, outgoing = self.layer(weights)
        assert outgoing is not None, "`incompatibility` refuses a layer without it"
        residues = snapshot.stack[0].task.output_size
        ascending = periodicity(incoming, outgoing, residues).argsort(dim=1, stable=True)
        taken = {}
        for share in self.remove:
            count = round(share * ascending.shape[1])
            for which, units in (
                ("least", ascending[:, :count]),
                ("most", ascending[:, ascending.shape[1] - count :]),
            ):
                left = self._without(weights, units)
                name = f"without_{share:g}_{which}_periodic"
                taken[f"{name}_test_accuracy"] = correct_share(
                    snapshot.outputs_of(left, "test"), snapshot.targets("test")
                )
                taken[f"{name}_memorized"] = _memorized(
                    snapshot, snapshot.outputs_of(left, "train")
                )
        return taken

    def _without(self, weights: Weights, units: Tensor) -> Weights:
        """The weights with zeros out of some units [run, unit] of each run."""
        import torch

        assert self.outgoing is not None
        outgoing = weights[self.outgoing]
        axis = units_axis(outgoing)
        shape = [1] * outgoing.ndim
        shape[0], shape[axis] = outgoing.shape[0], outgoing.shape[axis]
        gone = torch.zeros(shape[0], shape[axis], dtype=torch.bool, device=outgoing.device)
        gone = gone.scatter(1, units, True)
        copies = {name: weight.clone() for name, weight in weights.items()}
        return copies | {self.outgoing: outgoing.masked_fill(gone.view(shape), 0.0)}

    def _why_no_residues(self, setup: Setup) -> str | None:
        inputs, residues = setup.task.input_size, setup.task.output_size
        if residues < 3 or inputs < residues:
            return (
                f"the task has {inputs} inputs and {residues} outputs; units are periodic in at "
                "least 3 residues that both stand for, as in modular_addition"
            )
        return None


def periodicity(incoming: Stacked, outgoing: Stacked, residues: int) -> Tensor:
    """The mean participation of each unit's weights; both are [run, unit, …]."""
    import torch

    each = [participations(powers(weight, residues)[..., 1:])[0] for weight in (incoming, outgoing)]
    return torch.cat(each, dim=2).mean(2)


def _memorized(snapshot: Snapshot, outputs: Outputs) -> Scalar:
    wrong = snapshot.of_data(_corrupted) > 0
    right = correct(outputs, snapshot.targets("train"))
    return (right & wrong).sum(-1).double() / wrong.sum(-1).clamp(min=1)


def _corrupted(data: Data) -> np.ndarray:
    assert data.corrupted is not None, "engines set it"
    return data.corrupted
