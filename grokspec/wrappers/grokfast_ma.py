"""Grokfast with a window (Lee et al., 2024): slow gradients are amplified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.kinds import PerRun
from grokspec.wrappers.base import Wrapper

if TYPE_CHECKING:
    from grokspec.shapes import Scalars, Weights
    from grokspec.wrappers.base import State


class GrokfastMA(Wrapper):
    """``g ← g + λμ``, μ the mean or sum of the last gradients, as the authors' ``gradfilter_ma``.

    The last gradients of all weights are kept: ``window`` times the memory of the weights.
    """

    kind: Literal["grokfast_ma"] = "grokfast_ma"
    window: Annotated[int, Field(ge=1, description="How many gradients, with the present.")] = 100
    lamb: Annotated[PerRun, Field(ge=0, description="Amplification λ of the average.")] = 5.0
    average: Annotated[
        Literal["mean", "sum"], Field(description="What of the gradients in the window is taken.")
    ] = "mean"
    warmup: Annotated[
        bool, Field(description="Leave gradients as they are until the window is full.")
    ] = True

    @property
    def copies(self) -> int:
        return self.window

    def start(self, weights: Weights, seeds: Sequence[int], name: str) -> State:
        import torch

        first = next(iter(weights.values()))
        kept = {
            f"last.{name}": weight.new_zeros((self.window, *weight.shape))
            for name, weight in weights.items()
        }
        return {"count": first.new_zeros((), dtype=torch.int64), **kept}

    def apply(
        self, gradients: Weights, weights: Weights, state: State, scalars: Scalars
    ) -> Weights:
        from grokspec.wrappers._per_run import beside

        place = (state["count"] % self.window).view(1)
        filled = state["count"].add_(1).clamp(max=self.window)
        factor = scalars["lamb"] / (filled if self.average == "mean" else 1)
        if self.warmup:
            factor = factor * (filled == self.window)
        found = {}
        for name, slope in gradients.items():
            last = state[f"last.{name}"].index_copy_(0, place, slope[None])
            found[name] = slope + beside(factor, slope) * last.sum(0)
        return found
