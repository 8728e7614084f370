"""A symmetric matrix as a difference of squares, for completion and sensing (Lyu et al., 2024)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.models._matrix import SquareMatrix

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from torch import Tensor

    from grokspec.files.arrays import Shape


class SymmetricFactorization(SquareMatrix):
    """``M = U Uᵀ − V Vᵀ`` with ``U = V = σ I`` at first, so that M starts at zero.

    Inputs are as of `matrix_factorization`: two tokens, a row and a column, or a matrix. Weights
    are ``positive`` (U) and ``negative`` (V), both [side, side]; seeds differ in their data alone.
    """

    kind: Literal["symmetric_factorization"] = "symmetric_factorization"

    def weight_shapes(self, input_size: int, output_size: int) -> dict[str, Shape]:
        return {"positive": (self.side, self.side), "negative": (self.side, self.side)}

    def draw_weights(self, input_size: int, output_size: int, seed: int) -> dict[str, np.ndarray]:
        """The identity, whatever the seed."""
        import numpy as np

        return {"positive": np.eye(self.side), "negative": np.eye(self.side)}

    def matrix(self, weights: Mapping[str, Tensor]) -> Tensor:
        positive, negative = weights["positive"], weights["negative"]
        return positive @ positive.mT - negative @ negative.mT
