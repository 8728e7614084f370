"""Units of a hidden layer taken out, those with the smallest weights first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.interventions._of_weights import OfWeights, put
from grokspec.interventions.base import along
from grokspec.kinds import PerRun

if TYPE_CHECKING:
    from jaxtyping import Bool
    from torch import Tensor

    from grokspec.interventions.base import Described, Subject, Turn
    from grokspec.shapes import Scalar, Weights


class PruneUnits(OfWeights):
    """Sets all weights into some hidden units to zero: the units of the smallest norm.

    ``weights`` are those into one layer, [unit, ...], its bias included: as
    ``["weight_1", "bias_1"]``. The norm of a unit is that of all of them together, at the first
    turn. With ``every = 1`` the units stay out from then on.
    """

    kind: Literal["prune_units"] = "prune_units"
    share: Annotated[
        PerRun, Field(ge=0, le=1, description="Which share of the units.", examples=[0.5])
    ]

    def incompatibility(self, run: Described) -> str | None:
        if reason := super().incompatibility(run):
            return reason
        model, task = run.model, run.task
        if not model.weights_are_known or model.why_no_weights():
            return None
        known = model.weight_shapes(task.input_size, task.output_size)
        units = {name: known[name][0] for name in self.names_in(known)}
        if len(set(units.values())) == 1:
            return None
        listed = ", ".join(f"{name} has {count:,}" for name, count in units.items())
        return f"weights are into several layers: {listed} units; name those into one layer"

    def act(self, subject: Subject, turn: Turn) -> None:
        weights = self.chosen(subject.weights)
        out = turn.remember("out", _smallest(weights, turn.numbers["share"]))
        for weight in weights.values():
            put(turn, weight, weight.masked_fill(out.view(*out.shape, *_ones(weight)), 0.0))


def _smallest(weights: Weights, share: Scalar) -> Bool[Tensor, "run unit"]:
    """Which units are the share of those with the smallest weights."""
    squares = [(weight**2).flatten(2).sum(2) for weight in map(_with_inputs, weights.values())]
    rank = sum(squares[1:], squares[0]).argsort(dim=1, stable=True).argsort(dim=1)
    return rank < along((share * rank.shape[1]).round(), rank)


def _with_inputs(weight: Tensor) -> Tensor:
    """A weight [run, unit, ...] with an axis after that of the units."""
    return weight if weight.ndim > 2 else weight[..., None]


def _ones(weight: Tensor) -> tuple[int, ...]:
    """The sizes of axes after run and unit, to broadcast over them."""
    return (1,) * (weight.ndim - 2)
