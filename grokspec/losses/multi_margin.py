"""The hinge loss of several classes, which is zero once the right one leads the others by 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.losses.base import Loss

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.shapes import Outputs, Scalar, Scalars
    from grokspec.tasks.base import Data


class MultiMargin(Loss):
    """``max(0, 1 − f_y + f_j)`` of the right class y against its rivals j, averaged over examples.

    The right class is that of the largest target.
    """

    kind: Literal["multi_margin"] = "multi_margin"
    rivals: Annotated[
        Literal["all", "strongest"],
        Field(
            description='"all": the sum over all other classes, divided by the number of classes, '
            "as torch.nn.MultiMarginLoss (Weston and Watkins, 1999); "
            '"strongest": the other class with the largest output (Crammer and Singer, 2001).'
        ),
    ] = "all"

    reads = "classes"

    def of_zero(self, data: Data) -> float:
        """(C − 1)/C for all rivals of C classes, 1 for the strongest: none leads the others."""
        classes = data.train_targets.shape[1]
        return (classes - 1) / classes if self.rivals == "all" else 1.0

    def value(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Scalar:
        right = _right(targets)
        return (self._shares(outputs, right) * _lacking(outputs, right)).sum(-1).mean(-1)

    def gradient(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Outputs:
        right = _right(targets)
        shares = self._shares(outputs, right) / outputs.shape[-2]
        return shares.scatter(-1, right, -shares.sum(-1, keepdim=True))

    def _shares(self, outputs: Outputs, right: Tensor) -> Outputs:
        """By how much each class counts: rivals that lack nothing and the right class do not."""
        lacking = _lacking(outputs, right)
        if self.rivals == "all":
            return (lacking > 0).to(outputs.dtype) / outputs.shape[-1]
        largest, strongest = lacking.max(-1, keepdim=True)
        return lacking.new_zeros(lacking.shape).scatter(
            -1, strongest, (largest > 0).to(outputs.dtype)
        )


def _right(targets: Outputs) -> Tensor:
    """The number of the right class, [run, example, 1]."""
    return targets.argmax(-1, keepdim=True)


def _lacking(outputs: Outputs, right: Tensor) -> Outputs:
    """By how much the lead over each class is below 1, or 0; of the right class itself 0."""
    lead = outputs.gather(-1, right) - outputs
    return (1 - lead).clamp(min=0).scatter(-1, right, 0.0)
