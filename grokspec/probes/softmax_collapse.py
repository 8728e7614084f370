"""Where rounding in the softmax stops learning (Prieto et al. 2025)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.losses._probability import Precision, ProbabilityLoss
from grokspec.probes._classes import why_not_classified
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.training import Setup


class SoftmaxCollapse(Probe):
    """How many training examples are so certain that rounding takes away their gradient.

    ``collapsed_share`` is the share whose softmax denominator ``Σ exp(z − max z)`` rounds to
    exactly one (Prieto et al. 2025, "Grokking at the Edge of Numerical Stability"), and
    ``collapsed_correct_share`` that of those whose largest output is the right one, too: their
    class then has probability one, and no derivative. ``zero_gradient_share`` is the share whose
    derivative of the training's loss is exactly zero in all outputs. ``saturation`` is the mean
    largest probability. The softmax is that of the loss, with its temperature; of a loss without
    one it is taken of the outputs.
    """

    kind: Literal["softmax_collapse"] = "softmax_collapse"
    precision: Annotated[
        Precision | None,
        Field(
            description="Type in which the softmax is rounded; by default that of the training's "
            "loss."
        ),
    ] = None
    quantities = (
        "collapsed_share",
        "collapsed_correct_share",
        "zero_gradient_share",
        "saturation",
    )

    reads_classes = True

    def incompatibility(self, setup: Setup) -> str | None:
        return why_not_classified(setup)

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        import torch

        outputs, targets = snapshot.outputs("train"), snapshot.targets("train")
        loss, logits = snapshot.stack[0].training.loss, outputs
        if isinstance(loss, ProbabilityLoss):
            logits = loss.exponents(loss.scores(outputs, snapshot.loss_scalars))
        if self.precision:
            logits = logits.to(getattr(torch, self.precision))
        denominator = (logits - logits.amax(-1, keepdim=True)).exp().sum(-1)
        collapsed = denominator == 1
        correct = outputs.argmax(-1) == targets.argmax(-1)
        no_slope = (snapshot.loss_slopes(outputs, targets) == 0).all(-1)
        return {
            "collapsed_share": collapsed.double().mean(-1),
            "collapsed_correct_share": (collapsed & correct).double().mean(-1),
            "zero_gradient_share": no_slope.double().mean(-1),
            "saturation": (1 / denominator).double().mean(-1),
        }
