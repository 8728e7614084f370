"""The Fourier spectrum of a weight over residues (Nanda et al. 2023; Gromov 2023)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.errors import GrokspecError
from grokspec.probes._of_weights import known_weights, weight_named, why_no_weight
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from grokspec.files.arrays import Shape
    from grokspec.probes._snapshot import Snapshot
    from grokspec.shapes import Stacked
    from grokspec.training import Setup


class Fourier(Probe):
    """How periodic a weight is in the residues mod p that one of its axes stands for.

    With ``v`` the numbers that one unit has for the p residues, ``c = Σ v e^(−2πikn/p)/√p`` and
    ``|ĉ|²`` the power at a frequency k, that at −k included:

    - ``fourier_power_of_<weight>``: |ĉ|² at k = 0 … p/2, summed over units; their sum is that of
      all squared numbers. Its dimension is ``frequency_of_<weight>``.
    - ``fourier_share_of_<weight>``: the share of the ``largest`` of these, without k = 0.
    - ``participation_of_<weight>``: the inverse participation ratio ``Σ|ĉ|⁴/(Σ|ĉ|²)²`` over k > 0
      of each unit, in the dimension ``unit_of_<weight>``. It is 1 for a cosine and about two over
      the number of frequencies for noise. A unit of zeros, which has none, gets 0.
    - ``mean_participation_of_<weight>``: its mean over the units that have one.

    An axis that is twice as long as p, as of inputs in which a and b are one-hot, is divided into
    blocks: powers are added over them, and participation is averaged. What is left over at the end,
    such as the token "=", does not count.
    """

    kind: Literal["fourier"] = "fourier"
    weight: Annotated[
        str,
        Field(description="The name of the weight, of two axes.", examples=["weight_1"]),
    ]
    axis: Annotated[
        Literal["rows", "columns"],
        Field(
            description='What stands for residues: "columns" of a weight [unit, input], "rows" of '
            "an embedding or unembedding [token, unit]."
        ),
    ] = "columns"
    period: Annotated[
        int | None,
        Field(ge=3, description="The number of residues p; by default that of the task's outputs."),
    ] = None
    largest: Annotated[
        int, Field(ge=1, description="How many frequencies the share is of.", examples=[5])
    ] = 1
    requires = frozenset({"weights"})

    def quantities_of(self, setup: Setup) -> tuple[str, ...]:
        return (
            f"fourier_power_of_{self.weight}",
            f"fourier_share_of_{self.weight}",
            f"participation_of_{self.weight}",
            f"mean_participation_of_{self.weight}",
        )

    def dimensions_of(self, setup: Setup) -> Mapping[str, tuple[str, ...]]:
        return {
            f"fourier_power_of_{self.weight}": (f"frequency_of_{self.weight}",),
            f"participation_of_{self.weight}": (f"unit_of_{self.weight}",),
        }

    def incompatibility(self, setup: Setup) -> str | None:
        period = self._period(setup)
        if period < 3:
            return f"the task has {period} outputs, too few for a spectrum; set period"
        shapes = known_weights(setup)
        if shapes is None:
            return None
        return why_no_weight(self.weight, shapes) or self._why_not(shapes[self.weight], period)

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        weight = weight_named(self.weight, snapshot.weights(), self.kind)
        period = self._period(snapshot.stack[0])
        if reason := self._why_not(tuple(weight.shape[1:]), period):
            raise GrokspecError(f'probe "{self.kind}": {reason}')
        power = powers(weight if self.axis == "columns" else weight.mT, period)
        total = power.sum((1, 2))
        participation, alive = participations(power[..., 1:])
        return {
            f"fourier_power_of_{self.weight}": total,
            f"fourier_share_of_{self.weight}": share_of_largest(total[:, 1:], self.largest),
            f"participation_of_{self.weight}": participation.mean(2),
            f"mean_participation_of_{self.weight}": participation.sum((1, 2))
            / alive.sum((1, 2)).clamp(min=1),
        }

    def _period(self, setup: Setup) -> int:
        return self.period or setup.task.output_size

    def _why_not(self, shape: Shape, period: int) -> str | None:
        if len(shape) != 2:
            return f'weight "{self.weight}" has the shape {list(shape)}; name one with two axes'
        length = shape[1 if self.axis == "columns" else 0]
        if length < period:
            return (
                f'weight "{self.weight}" has {length} {self.axis}, fewer than the {period} '
                "residues; choose the other axis, or set period"
            )
        return None


def powers(weight: Stacked, period: int) -> Float[Tensor, "run unit block frequency"]:
    """|ĉ|² of each unit and block at each frequency, of a weight [run, unit, residue]."""
    import torch

    blocks = weight.shape[-1] // period
    values = weight[..., : blocks * period].unflatten(-1, (blocks, period))
    power = torch.fft.rfft(values, norm="ortho").abs() ** 2
    power[..., 1 : (period + 1) // 2] *= 2  # those at −k; k = 0 and k = p/2 are their own
    return power


def share_of_largest(power: Float[Tensor, "run frequency"], largest: int) -> Tensor:
    """The share of the largest powers in all; 0 if there is no power."""
    top = power.topk(min(largest, power.shape[1])).values.sum(1)
    total = power.sum(1)
    return (top / total).where(total != 0, 0)


def participations(
    power: Float[Tensor, "run unit block frequency"],
) -> tuple[Float[Tensor, "run unit block"], Float[Tensor, "run unit block"]]:
    """Inverse participation ratios, 0 where there is no power, and where there is any."""
    largest = power.amax(-1, keepdim=True)
    scaled = power / largest.where(largest != 0, 1)  # squares may be out of range
    total = scaled.sum(-1)
    alive = total != 0
    return ((scaled**2).sum(-1) / total**2).where(alive, 0), alive
