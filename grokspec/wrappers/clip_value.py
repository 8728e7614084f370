"""A bound on each element of the gradient, as torch.nn.utils.clip_grad_value_."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.kinds import PerRun
from grokspec.wrappers.base import Wrapper

if TYPE_CHECKING:
    from grokspec.shapes import Scalars, Weights
    from grokspec.wrappers.base import State


class ClipValue(Wrapper):
    """Elements beyond ±``max_value`` are put there."""

    kind: Literal["clip_value"] = "clip_value"
    max_value: Annotated[PerRun, Field(gt=0, description="The largest size.", examples=[1.0])]

    def apply(
        self, gradients: Weights, weights: Weights, state: State, scalars: Scalars
    ) -> Weights:
        from grokspec.wrappers._per_run import beside

        found = {}
        for name, slope in gradients.items():
            largest = beside(scalars["max_value"], slope)
            found[name] = slope.clamp(-largest, largest)
        return found
