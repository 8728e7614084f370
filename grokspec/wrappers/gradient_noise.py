"""Gaussian noise on the gradient, with the annealing of Neelakantan et al. (2015)."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from grokspec.kinds import PerRun
from grokspec.rng import generator
from grokspec.wrappers.base import Wrapper

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.shapes import Scalars, Weights
    from grokspec.wrappers.base import State


class GradientNoise(Wrapper):
    """``g ← g + 𝒩(0, η/(1 + t)^γ)`` at the step t, drawn for each element.

    Each run draws by its own seed and the wrapper's name, one after the other, on the host.
    """

    kind: Literal["gradient_noise"] = "gradient_noise"
    variance: Annotated[
        PerRun, Field(ge=0, description="Variance η at the first step.", examples=[0.01])
    ]
    annealing: Annotated[
        PerRun, Field(ge=0, description="Exponent γ; Neelakantan et al. take 0.55.")
    ] = 0.0

    capturable: ClassVar[bool] = False

    def start(self, weights: Weights, seeds: Sequence[int], name: str) -> State:
        import torch

        return {
            "count": torch.zeros((), dtype=torch.int64),
            "seeds": torch.tensor(seeds, dtype=torch.int64),
            "name": torch.tensor(zlib.crc32(name.encode())),
        }

    def apply(
        self, gradients: Weights, weights: Weights, state: State, scalars: Scalars
    ) -> Weights:
        from grokspec.wrappers._per_run import beside

        deviation = (scalars["variance"] / (1 + state["count"]) ** scalars["annealing"]).sqrt()
        row = _in_a_row({name: gradients[name] for name in weights})
        drawn = self._drawn(row[0][1], row[-1][-1], state)
        state["count"].add_(1)
        return {
            name: slope + beside(deviation, slope) * drawn[:, first:last].view(slope.shape)
            for name, slope, first, last in row
        }

    def _drawn(self, like: Tensor, elements: int, state: State) -> Tensor:
        """Normal numbers for so many elements of each run, [run, element]."""
        import numpy as np
        import torch

        keys = int(state["name"]), int(state["count"])
        numbers = [
            generator(seed, "gradient_noise", *keys).standard_normal(elements)
            for seed in state["seeds"].tolist()
        ]
        return torch.from_numpy(np.stack(numbers)).to(like)


def _in_a_row(gradients: Weights) -> list[tuple[str, Tensor, int, int]]:
    """Each gradient, with the first and the last place of it in those of a run in a row."""
    found, first = [], 0
    for name, slope in gradients.items():
        last = first + slope[0].numel()
        found.append((name, slope, first, last))
        first = last
    return found
