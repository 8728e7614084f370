"""The committee machine: one hidden layer, quadratic activation, readouts fixed to one (Eq. 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec import theory
from grokspec.kinds import PerRun
from grokspec.models.base import Model, Size
from grokspec.rng import generator

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from jaxtyping import Float
    from torch import Tensor

    from grokspec.shapes import (
        Evaluation,
        Inputs,
        Matrix,
        Outputs,
        Pullback,
        Scalars,
        Vector,
        Weights,
    )
    from grokspec.tasks.base import Data, Task


class Committee(Model):
    """``g(w, x) = (1/N) Σᵢ φ(wᵢ·x)`` with ``φ(h) = h + ½εh²`` and ``wᵢ ~ N(0, σ²I)``.

    The predictor is a quadratic form in x that depends on the N weight vectors through their
    first two moments alone (Eq. 4): ``g = w̄·x + ½ε xᵀMx``. The width may be "infinite"; the
    initial moments are then their expectations, ``w̄ = 0`` and ``M = σ²I``.
    """

    kind: Literal["committee"] = "committee"
    width: Annotated[
        Annotated[int, Field(ge=1)] | Literal["infinite"],
        Field(description='Hidden units N, or "infinite".', examples=[500]),
    ]
    epsilon: Annotated[
        PerRun,
        Field(
            ge=0,
            description="ε: how much of the activation is quadratic, as the target is.",
            examples=[0.25],
        ),
    ]
    aligned: Annotated[
        PerRun,
        Field(ge=0, description="How much of the solution the initial weights contain (Fig. 10)."),
    ] = 0.0

    only_at_start = Model.only_at_start | {"aligned"}
    has_one_output = True
    has_moments = True

    def incompatibility(self, task: Task) -> str | None:
        """Weights can only be aligned if the target is quadratic and the model is not centered."""
        if reason := super().incompatibility(task):
            return reason
        if self.aligned == 0:
            return None
        if not task.is_quadratic:
            return "aligned needs a task whose target is a sum of squares, as polynomial's is"
        if self.centered:
            return (
                "aligned adds weights that solve the task, which a centered model subtracts again"
            )
        if self.epsilon == 0:
            return "aligned needs epsilon above zero: without it no weights solve the task"
        return None

    @property
    def width_factor(self) -> float:
        """N, because the output is a mean over units: the gradient of each unit is of order 1/N."""
        return float("inf") if self.width == "infinite" else float(self.width)

    def why_no_weights(self) -> str | None:
        if self.width == "infinite":
            return 'needs weights to draw, and model.width = "infinite" has none'
        return None

    def size(self, input_size: int, output_size: int) -> Size:
        width = 1 if self.width == "infinite" else self.width
        return Size(weights=width * input_size, activations=width)

    def step_flops(self, examples: int, input_size: int, output_size: int) -> float:
        """Two products of D² per example and two per unit; see `on`."""
        width = 0 if self.width == "infinite" else self.width
        return 4.0 * (examples + width) * input_size**2

    def weight_shapes(self, input_size: int, output_size: int) -> dict[str, tuple[int, ...]]:
        assert self.width != "infinite", "see `why_no_weights`"
        return {"hidden": (self.width, input_size)}

    def draw_weights(self, input_size: int, output_size: int, seed: int) -> dict[str, np.ndarray]:
        """Draw ``hidden`` [hidden, input] from a standard normal distribution."""
        assert self.width != "infinite", "see `why_no_weights`"
        draw = generator(seed, "init").standard_normal((self.width, input_size))
        return {"hidden": draw}

    def initial_weights(self, data: Data, seed: int) -> dict[str, np.ndarray]:
        """σ times the draw, plus ``aligned`` times the solution."""
        weights = super().initial_weights(data, seed)
        if self.aligned:
            weights["hidden"] = weights["hidden"] + self.aligned * self.solution(data)
        return weights

    def solution(self, data: Data) -> np.ndarray:
        """Weights [hidden, input] with ``M = A/(αε)`` and w̄ = 0, of zero test loss (§5.3).

        The units take the K directions β in turn, with ``√(K/(αε)) β`` and then its negative. If
        the width is a multiple of 2K, w̄ is exactly zero and M exact.
        """
        import numpy as np

        assert self.width != "infinite", "see `initial_moments`"
        beta = data.teacher["beta"]
        unit = np.arange(self.width)
        signs = 1 - 2 * (unit // len(beta) % 2)
        scale = (len(beta) / (self.alpha * self.epsilon)) ** 0.5
        return scale * signs[:, None] * beta[unit % len(beta)]

    def initial_moments(self, data: Data, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """w̄ [input] and M [input, input] of the initial weights."""
        if self.width != "infinite":
            return _moments(self.initial_weights(data, seed)["hidden"])
        mean, second = self.draw_moments(data.train_inputs.shape[-1], seed)
        second = self.sigma**2 * second
        if self.aligned:  # the draw and the solution are independent
            second = second + self.aligned**2 / (self.alpha * self.epsilon) * data.teacher["form"]
        return mean, second

    def initial_kernel(self, data: Data, inputs: np.ndarray, seed: int) -> np.ndarray:
        """Eq. 5 at the initial weights."""
        mean, second = self.initial_moments(data, seed)
        kernel: np.ndarray = theory.ntk_printed(inputs, inputs, mean, second, self.epsilon)
        return kernel

    def draw_moments(self, input_size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """The initial w̄ [input] and M [input, input] of one seed, before the factors σ and σ²."""
        import numpy as np

        if self.width == "infinite":
            return np.zeros(input_size), np.eye(input_size)
        return _moments(self.unscaled_weights(input_size, 1, seed)["hidden"])

    def output(
        self, weights: dict[str, Tensor], inputs: Tensor, scalars: Mapping[str, Tensor]
    ) -> Tensor:
        hidden = inputs @ weights["hidden"].mT
        return (hidden + 0.5 * scalars["epsilon"] * hidden**2).mean(-1, keepdim=True)

    def on(self, inputs: Inputs, scalars: Scalars) -> Evaluation:
        """Evaluate through the moments, without forming the layer [example, hidden].

        The outputs need only w̄ and ``M = WᵀW/N``, and the gradient
        ``Σ_μ r_μ (1 + ε wᵢ·x_μ) x_μ / N`` is ``(b + ε W S)/N`` with ``b = Σ r x`` and
        ``S = Σ r x xᵀ``. For D < N this takes less arithmetic and less memory.
        A step takes 4.6 times as long by automatic differentiation at the size of
        specs/kumar2024/polynomial/alpha.toml with ``engine = "autograd"`` (CPU, one thread).
        """
        import torch

        epsilon = scalars["epsilon"][:, None, None]

        def evaluate(weights: Weights) -> tuple[Outputs, Pullback]:
            mean, second = self.moments(weights)
            forms = (inputs @ second).mul_(inputs).sum(-1, keepdim=True)
            value = torch.baddbmm(0.5 * epsilon * forms, inputs, mean[:, :, None])
            return value, lambda cotangent: pullback(weights["hidden"], cotangent)

        def pullback(hidden: Float[Tensor, "run hidden input"], cotangent: Outputs) -> Weights:
            scaled = cotangent / hidden.shape[-2]
            total = scaled.mT @ inputs
            spread = (epsilon * scaled * inputs).mT @ inputs
            return {"hidden": torch.baddbmm(total, hidden, spread)}

        return evaluate

    def moments(self, weights: Weights) -> tuple[Vector, Matrix]:
        """w̄ and M (Eq. 4)."""
        return self._product(weights, weights)

    def predictors(
        self, weights: Weights, initial: Weights, scalars: Scalars
    ) -> tuple[Vector, Matrix]:
        """``l = αw̄`` and ``Q = αεM``, centered and linearized if the model is."""
        mean, second = self.moments(weights)
        initial_mean, initial_second = self.moments(initial)
        if self.linearized:
            cross = self._product(weights, initial)[1]
            second = cross + cross.mT - initial_second
        if self.centered:
            mean, second = mean - initial_mean, second - initial_second
        alpha = scalars["alpha"][:, None]
        return alpha * mean, (alpha * scalars["epsilon"][:, None])[..., None] * second

    @staticmethod
    def _product(left: Weights, right: Weights) -> tuple[Vector, Matrix]:
        """The means over hidden units of the left weights, and of left times right transposed."""
        w, other = left["hidden"], right["hidden"]
        return w.mean(-2), w.mT @ other / w.shape[-2]


def _moments(hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """w̄ and M of one run's weight vectors [hidden, input]."""
    return hidden.mean(0), hidden.T @ hidden / len(hidden)
