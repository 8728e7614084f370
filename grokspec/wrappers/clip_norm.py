"""A bound on the gradient's norm, as torch.nn.utils.clip_grad_norm_."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.kinds import PerRun
from grokspec.wrappers.base import Wrapper

if TYPE_CHECKING:
    from grokspec.shapes import Scalars, Weights
    from grokspec.wrappers.base import State

TINY = 1e-6
"""What torch adds to the norm."""


class ClipNorm(Wrapper):
    """A gradient that is longer than ``max_norm`` is scaled down to it, all weights together."""

    kind: Literal["clip_norm"] = "clip_norm"
    max_norm: Annotated[PerRun, Field(gt=0, description="The largest norm.", examples=[1.0])]

    def apply(
        self, gradients: Weights, weights: Weights, state: State, scalars: Scalars
    ) -> Weights:
        from grokspec.wrappers._per_run import beside, norm_of_all

        factor = (scalars["max_norm"] / (norm_of_all(gradients) + TINY)).clamp(max=1.0)
        return {name: slope * beside(factor, slope) for name, slope in gradients.items()}
