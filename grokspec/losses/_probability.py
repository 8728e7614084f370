"""Cross-entropies: losses of the probability that the outputs give to the right class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.kinds import PerRun
from grokspec.losses.base import Loss

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.shapes import Outputs, Scalar, Scalars
    from grokspec.tasks.base import Data


Precision = Literal["float16", "bfloat16", "float32", "float64"]


class ProbabilityLoss(Loss):
    """``−⟨Σ y log p⟩`` over examples, with ``p = softmax(e(f/T))``.

    Targets y are probabilities of classes, and smoothed: ``(1 − s) y + s/C``.
    """

    temperature: Annotated[
        PerRun,
        Field(
            gt=0,
            description="T, by which outputs are divided. The loss itself is not multiplied by T, "
            "so that its gradient has a factor 1/T.",
        ),
    ] = 1.0
    label_smoothing: Annotated[
        PerRun,
        Field(
            ge=0,
            le=1,
            description="The share s of every target that is spread evenly over all classes, to "
            "train and to test on.",
        ),
    ] = 0.0
    softmax_precision: Annotated[
        Precision | None,
        Field(
            description="The floating-point type in which the probabilities, their logarithms and "
            "the derivatives of these are computed (Prieto et al., 2025); by default that of the "
            "training. In float16 an output above 65504 is infinite."
        ),
    ] = None

    reads = "probabilities"

    def exponents(self, scores: Tensor) -> Tensor:
        """e of each score f/T: what the softmax is taken of."""
        return scores

    def through_exponents(self, scores: Tensor, slopes: Tensor) -> Tensor:
        """The derivative in the scores, from that in the exponents."""
        return slopes

    def of_zero(self, data: Data) -> float:
        """Log C: the zero predictor gives all C classes the same probability."""
        import math

        return math.log(data.train_targets.shape[1])

    def value(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Scalar:
        logs = self.exponents(self.scores(outputs, scalars)).log_softmax(-1)
        return -(_smoothed(targets, scalars) * logs.to(outputs.dtype)).sum(-1).mean(-1)

    def gradient(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Outputs:
        """The derivative for targets that sum to one.

        In a precision of its own it is what automatic differentiation gives, with its roundings.
        """
        scores = self.scores(outputs, scalars)
        exponents, targets = self.exponents(scores), _smoothed(targets, scalars)
        through = _slopes if self.softmax_precision is None else _automatic_slopes
        slopes = self.through_exponents(scores, through(exponents, targets))
        return slopes.to(outputs.dtype) / _each(scalars["temperature"])

    def scores(self, outputs: Outputs, scalars: Scalars) -> Tensor:
        """f/T, in the precision of the softmax."""
        import torch

        scores = outputs / _each(scalars["temperature"])
        precision = self.softmax_precision
        return scores if precision is None else scores.to(getattr(torch, precision))


def _smoothed(targets: Outputs, scalars: Scalars) -> Outputs:
    return targets + _each(scalars["label_smoothing"]) * (1 / targets.shape[-1] - targets)


def _slopes(exponents: Tensor, targets: Outputs) -> Tensor:
    """The derivative in the exponents: how far the probabilities are from the targets."""
    return (exponents.softmax(-1) - targets) / exponents.shape[-2]


def _automatic_slopes(exponents: Tensor, targets: Outputs) -> Tensor:
    """The same as it is propagated back through the logarithms, in the precision of these."""
    import torch

    logs = exponents.log_softmax(-1)
    back = (targets * (-1 / exponents.shape[-2])).to(logs.dtype)
    return torch.ops.aten._log_softmax_backward_data(back, logs, -1, logs.dtype)


def _each(numbers: Scalar) -> Tensor:
    """One number a run, to broadcast against outputs."""
    return numbers[:, None, None]
