"""Muon (Jordan et al., 2024): momentum made orthogonal, matrix by matrix."""

from __future__ import annotations

import functools
import math
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from grokspec.optimizers.adam import AdamW, Beta
from grokspec.optimizers.base import Decay, Optimizer

if TYPE_CHECKING:
    from grokspec.optimizers.base import State
    from grokspec.shapes import Stacked

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Those of the odd polynomial that is applied to the singular values again and again."""

TINY = 1e-7
"""The smallest norm that a matrix is divided by."""


class Muon(Optimizer):
    """``m ← μm + (1 − μ)∇L``, ``w ← (1 − ηκ)w − η √max(1, rows/columns) O(m)``.

    As torch.optim.Muon, in the precision of the training. O sets all singular values to about one,
    by the iteration of Newton and Schulz. A weight with more than two axes is a matrix of its first
    axis by all others. AdamW moves weights that are no matrices, and those of ``adam_for``: Jordan
    et al. do so with embeddings and output layers.
    """

    kind: Literal["muon"] = "muon"
    momentum: Annotated[float, Field(ge=0, lt=1, description="Momentum μ.")] = 0.95
    nesterov: Annotated[bool, Field(description="Look ahead: (1 − μ)∇L + μm in place of m.")] = True
    iterations: Annotated[int, Field(ge=1, le=99, description="Steps of the iteration.")] = 5
    adam_for: Annotated[
        tuple[str, ...],
        Field(
            strict=False,
            description="Patterns of the names of matrices that are moved by AdamW, too.",
            examples=[["token", "position", "unembedding"]],
        ),
    ] = ()
    adam_rate: Annotated[
        float, Field(gt=0, description="The rate of AdamW over that of the matrices.")
    ] = 0.015
    betas: Annotated[tuple[Beta, Beta], Field(strict=False, description="Those of AdamW.")] = (
        0.9,
        0.95,
    )
    epsilon: Annotated[float, Field(gt=0, description="That of AdamW.")] = 1e-10

    own_decay: ClassVar[Decay | None] = "decoupled"

    @property
    def patterns(self) -> dict[str, tuple[str, ...]]:
        return {**super().patterns, "adam_for": self.adam_for}

    def start_of(self, name: str, weight: Stacked) -> State:
        if weight.ndim > 2 and not any(fnmatchcase(name, pattern) for pattern in self.adam_for):
            return self.start(weight)
        return _adam(self.betas, self.epsilon).start(weight)

    def start(self, weight: Stacked) -> State:
        return {"momentum": weight.new_zeros(weight.shape)}

    def step(
        self, weight: Stacked, gradient: Stacked, state: State, rate: Stacked, decay: Stacked
    ) -> None:
        if "momentum" not in state:
            adam = _adam(self.betas, self.epsilon)
            adam.step(weight, gradient, state, self.adam_rate * rate, decay)
            return
        momentum = state["momentum"].lerp_(gradient, 1 - self.momentum)
        step = gradient.lerp(momentum, self.momentum) if self.nesterov else momentum
        matrices = step.flatten(2)
        stretch = math.sqrt(max(1.0, matrices.shape[1] / matrices.shape[2]))
        orthogonal = self._orthogonal(matrices).view_as(weight)
        weight.mul_(1 - rate * decay).addcmul_(orthogonal, rate, value=-stretch)

    def _orthogonal(self, matrices: Stacked) -> Stacked:
        """Matrices [run, row, column] with the same singular vectors, and values of about one."""
        import torch

        if matrices.shape[1] > matrices.shape[2]:
            return self._orthogonal(matrices.mT).mT.contiguous()
        first, second, third = COEFFICIENTS
        norms = torch.linalg.matrix_norm(matrices, keepdim=True)
        found = matrices / norms.clamp(min=TINY)
        for _ in range(self.iterations):
            gram = found @ found.mT
            found = first * found + (second * gram + third * gram @ gram) @ found
        return found


@functools.cache
def _adam(betas: tuple[float, float], epsilon: float) -> AdamW:
    """What moves the other weights; each step gets its rate."""
    return AdamW(learning_rate=1.0, betas=betas, epsilon=epsilon, wrappers={})
