"""How many directions a weight matrix uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes._of_weights import OfWeights

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.shapes import Scalar, Stacked


class EffectiveRank(OfWeights):
    """``effective_rank_of_<weight>`` and ``stable_rank_of_<weight>``, from the singular values s.

    The first is ``exp(−Σ p log p)`` with ``p = s/Σs`` (Roy & Vetterli 2007), the second
    ``Σs²/max s²``. Both are from 1 to the number of singular values, and 0 for a matrix of zeros.
    A weight with more than two axes, as of a convolution, is the matrix [first, all others].
    """

    kind: Literal["effective_rank"] = "effective_rank"
    of_each = ("effective_rank", "stable_rank")
    of_matrices = True

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        quantities = {}
        for name, weight in self.chosen(snapshot.weights()).items():
            lengths = singular_values(weight)
            quantities[f"effective_rank_of_{name}"] = effective_rank(lengths)
            quantities[f"stable_rank_of_{name}"] = stable_rank(lengths)
        return quantities


def singular_values(weight: Stacked) -> Float[Tensor, "run value"]:
    """The singular values over the largest; NaN for a run whose numbers are not finite."""
    import torch

    matrix = weight.flatten(2)
    largest = matrix.abs().amax((1, 2))[:, None]
    scaled = matrix / torch.where(largest > 0, largest, 1)[..., None]
    lengths = torch.linalg.svdvals(scaled.nan_to_num(0, 0, 0))
    first = torch.where(largest > 0, lengths[:, :1], 1)
    return torch.where(largest.isfinite(), lengths / first, torch.nan)


def effective_rank(lengths: Float[Tensor, "run value"]) -> Scalar:
    """The exponential of the entropy of singular values."""
    import torch

    total = lengths.sum(1)
    shares = lengths / torch.where(total > 0, total, 1)[:, None]
    return torch.where(total == 0, 0, torch.special.entr(shares).sum(1).exp())


def stable_rank(lengths: Float[Tensor, "run value"]) -> Scalar:
    """The sum of squares of singular values whose largest is 1."""
    return (lengths**2).sum(1)
