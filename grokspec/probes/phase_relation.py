"""Whether the phases of a layer's waves add up as the written-down solution needs (Gromov 2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes._hidden_layer import OfHiddenLayer

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.shapes import Scalar, Stacked
    from grokspec.training import Setup


class PhaseRelation(OfHiddenLayer):
    """``phase_relation``: the mean over units of ``cos(φ₁ + φ₂ − φ₃)``.

    The φ are the phases of a unit's weights from n, from m and to the outputs, all at the frequency
    that has most power in the three together, each of unit norm. Inputs are n and m, one-hot and
    one after the other. It is 1 where every unit has the phases that solve addition, and about 0
    for random ones. Units that lack one of the three waves do not count; it is 0 if none is left.
    """

    kind: Literal["phase_relation"] = "phase_relation"
    quantities = ("phase_relation",)

    def incompatibility(self, setup: Setup) -> str | None:
        inputs, residues = setup.task.input_size, setup.task.output_size
        if self.outgoing is None:
            return 'name the weights out of the layer, too, as outgoing = "weight_2"'
        if residues < 3 or inputs != 2 * residues:
            return (
                f"the task has {inputs} inputs and {residues} outputs; needs two one-hot numbers "
                "and an output for each residue, at least 3, as modular_addition has"
            )
        return super().incompatibility(setup)

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        incoming, outgoing = self.layer(snapshot.weights())
        assert outgoing is not None, "`incompatibility` refuses a layer without it"
        return {"phase_relation": phase_relation(incoming, outgoing)}


def phase_relation(incoming: Stacked, outgoing: Stacked) -> Scalar:
    """The mean cosine of `PhaseRelation`; weights are [run, unit, 2p] and [run, unit, p]."""
    import torch

    residues = outgoing.shape[-1]
    first, second = incoming[..., :residues], incoming[..., residues:]
    waves = torch.stack([torch.fft.rfft(weight)[..., 1:] for weight in (first, second, outgoing)])
    power = waves.abs() ** 2
    norm = power.sum(-1, keepdim=True)
    strongest = (power / norm.where(norm > 0, 1)).sum(0).argmax(-1, keepdim=True)
    one, two, three = waves.take_along_dim(strongest[None], dim=-1)[..., 0]
    product = one * two * three.conj()
    size = product.abs()
    cosines = (product.real / size.where(size > 0, 1)).where(size > 0, 0)
    return cosines.sum(1) / (size > 0).sum(1).clamp(min=1)
