"""Losses of every kind that comes with grokspec, each with one computed elsewhere."""

from __future__ import annotations

import torch
from sklearn.metrics import hinge_loss
from torch import Tensor
from torch.nn import functional

from grokspec.kinds import discover
from grokspec.losses.base import Criterion, Loss
from grokspec.losses.cross_entropy import CrossEntropy
from grokspec.losses.exponential import ExponentialLoss
from grokspec.losses.hinge import Hinge
from grokspec.losses.logistic import Logistic
from grokspec.losses.mean_squared_error import MeanSquaredError
from grokspec.losses.multi_margin import MultiMargin
from grokspec.losses.stablemax import Stablemax
from grokspec.shapes import Scalars

discover()


def _hinge(outputs: Tensor, targets: Tensor) -> Tensor:
    """The hinge loss as that of ranking an output against 0."""
    return functional.margin_ranking_loss(outputs, 0 * outputs, targets, margin=1.0)


def _exponential(outputs: Tensor, targets: Tensor) -> Tensor:
    """The likelihood of no event at a rate of exp(−y f)."""
    return functional.poisson_nll_loss(-targets * outputs, 0 * outputs)


def _all_rivals(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.multi_margin_loss(outputs, targets.argmax(-1))


def _strongest_rival(outputs: Tensor, targets: Tensor) -> Tensor:
    classes = targets.argmax(-1)
    found = hinge_loss(classes, outputs.detach(), labels=range(targets.shape[-1]))
    return torch.tensor(found, dtype=outputs.dtype)


def _warm(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(outputs / 2.5, targets, label_smoothing=0.3)


def _stablemax(outputs: Tensor, targets: Tensor) -> Tensor:
    """As Prieto et al. (2025) define it."""
    rising = torch.where(outputs >= 0, outputs + 1, 1 / (1 - outputs))
    shares = rising / rising.sum(-1, keepdim=True)
    return -(targets * shares.log()).sum(-1).mean()


SMALL = {
    "mse": (MeanSquaredError(), functional.mse_loss),
    "cross_entropy": (CrossEntropy(), functional.cross_entropy),
    "cross_entropy, warm": (CrossEntropy(temperature=2.5, label_smoothing=0.3), _warm),
    "stablemax": (Stablemax(), _stablemax),
    "hinge": (Hinge(), _hinge),
    "logistic": (Logistic(), functional.soft_margin_loss),
    "exponential": (ExponentialLoss(), _exponential),
    "multi_margin": (MultiMargin(), _all_rivals),
    "multi_margin, strongest": (MultiMargin(rivals="strongest"), _strongest_rival),
}
"""A loss and what it is for one run, by a name that begins with its kind."""

KINDS = [kind for kind in Loss.alternatives if kind != "function"]
"""All but those of the user's own."""


def computing(*losses: Loss, dtype: torch.dtype = torch.float64) -> tuple[Criterion, Scalars]:
    """What computes the losses of a stack, and the numbers of these."""
    first = losses[0]
    scalars = {
        name: torch.tensor([getattr(loss, name) for loss in losses], dtype=dtype)
        for name in first.stackable_fields()
    }
    return first.criterion(scalars), scalars
