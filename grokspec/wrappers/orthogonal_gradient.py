"""⟂Grad (Prieto et al., 2025): no step along the weights, so none that only scales the outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.wrappers.base import Wrapper

if TYPE_CHECKING:
    from grokspec.shapes import Scalar, Scalars, Weights
    from grokspec.wrappers.base import State

TINY = 1e-30
"""What the authors' code adds to denominators."""


class OrthogonalGradient(Wrapper):
    """``g ← g − (w·g/w·w) w``, without the component along the weights.

    The defaults are the authors' code; the paper's Eq. 12 is ``across = "all"`` without rescaling.
    A weight of one element stays where it is: nothing is left but rounding, which the authors' code
    scales up.
    """

    kind: Literal["orthogonal_gradient"] = "orthogonal_gradient"
    across: Annotated[
        Literal["each", "all"],
        Field(description="Along each weight by itself, or all weights of a run as one vector."),
    ] = "each"
    rescale: Annotated[
        bool, Field(description="Scale what is left to the norm that the gradient had.")
    ] = True

    def apply(
        self, gradients: Weights, weights: Weights, state: State, scalars: Scalars
    ) -> Weights:
        if self.across == "all":
            return self._orthogonal(gradients, weights)
        found: Weights = {}
        for name, slope in gradients.items():
            found |= self._orthogonal({name: slope}, {name: weights[name]})
        return found

    def _orthogonal(self, gradients: Weights, weights: Weights) -> Weights:
        """Gradients without their component along some weights, these as one vector."""
        import torch

        from grokspec.wrappers._per_run import beside, norm_of_all

        share = _dot(weights, gradients) / (_dot(weights, weights) + TINY)
        if sum(slope[0].numel() for slope in gradients.values()) == 1:
            return {name: torch.zeros_like(slope) for name, slope in gradients.items()}
        left = {name: g - beside(share, g) * weights[name] for name, g in gradients.items()}
        if not self.rescale:
            return left
        factor = norm_of_all(gradients) / (norm_of_all(left) + TINY)
        return {name: slope * beside(factor, slope) for name, slope in left.items()}


def _dot(first: Weights, second: Weights) -> Scalar:
    from grokspec.wrappers._per_run import dot

    products = [dot(array, second[name]) for name, array in first.items()]
    return sum(products[1:], products[0])
