"""Grokfast with a moving average (Lee et al., 2024): slow gradients are amplified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.kinds import PerRun
from grokspec.wrappers.base import Wrapper

if TYPE_CHECKING:
    from grokspec.shapes import Scalars, Weights
    from grokspec.wrappers.base import State


class GrokfastEMA(Wrapper):
    """``μ ← αμ + (1 − α)g``, ``g ← g + λμ``, as the authors' ``gradfilter_ema``.

    μ starts as the first gradient.
    """

    kind: Literal["grokfast_ema"] = "grokfast_ema"
    momentum: Annotated[
        PerRun, Field(ge=0, lt=1, description="How much of the average is kept at each step, α.")
    ] = 0.98
    lamb: Annotated[PerRun, Field(ge=0, description="Amplification λ of the average.")] = 2.0

    @property
    def copies(self) -> int:
        return 1

    def start(self, weights: Weights, seeds: Sequence[int], name: str) -> State:
        first = next(iter(weights.values()))
        means = {f"mean.{name}": weight.new_zeros(weight.shape) for name, weight in weights.items()}
        return {"is_later": first.new_zeros(()), **means}

    def apply(
        self, gradients: Weights, weights: Weights, state: State, scalars: Scalars
    ) -> Weights:
        from grokspec.wrappers._per_run import beside

        kept = scalars["momentum"] * state["is_later"]
        state["is_later"].fill_(1)
        found = {}
        for name, slope in gradients.items():
            share = beside(kept, slope)
            mean = state[f"mean.{name}"].mul_(share).add_(slope * (1 - share))
            found[name] = slope + beside(scalars["lamb"], slope) * mean
        return found
