"""What a model is: weights drawn from a seed and a function of weights and inputs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from pydantic import Field

from grokspec.files.arrays import Shape, arrays, check_shapes
from grokspec.files.inputs import FileError, InputFile
from grokspec.kinds import Kind, PerRun

if TYPE_CHECKING:
    import numpy as np
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


class Size(NamedTuple):
    """What memory and time are reckoned from."""

    weights: int
    activations: int


class Model(Kind, family="model"):
    """The base of every model.

    A run's predictor is ``α g(w, x)`` (Eq. 3) or, centered, ``α [g(w, x) − g(w₀, x)]`` (Eq. 7),
    where g is what `output` computes. The engines put in α and the centering, so a model knows
    neither.
    """

    alpha: Annotated[
        PerRun, Field(gt=0, description="Laziness α: the factor on the network's output (§4.1).")
    ] = 1.0
    sigma: Annotated[
        PerRun, Field(gt=0, description="Initialization scale σ: the factor on every first weight.")
    ] = 1.0
    centered: Annotated[
        bool,
        Field(
            description="Subtract the initial predictor from the output (Eq. 7).", examples=[True]
        ),
    ] = False
    linearized: Annotated[
        bool, Field(description="Train the model's first-order expansion at w₀ instead (Eq. 1).")
    ] = False
    weights_file: Annotated[
        InputFile | None,
        Field(
            description="npz or safetensors file, relative to this spec, of weights that every "
            "seed starts from in place of drawn ones; σ multiplies them too."
        ),
    ] = None

    takes_tokens: ClassVar[bool] = False
    """Whether inputs may be whole numbers that name something, rather than real numbers."""

    has_moments: ClassVar[bool] = False
    """Whether the model is a quadratic form in its inputs, with `moments` and `predictors`."""

    def incompatibility(self, task: Task) -> str | None:
        """Why this model cannot be trained on a task, or None if it can."""
        return None

    def incompatibility_of_file(self, task: Task) -> str | None:
        """Why the weights file, if one is named, does not suit this model, or None if it does."""
        if self.weights_file is None:
            return None
        if reason := self.why_no_weights():
            return reason
        try:
            check_shapes(self.weights_file, self.weight_shapes(task.input_size, task.output_size))
        except FileError as error:
            return error.reason
        return None

    @property
    def width_factor(self) -> float:
        """What ``rate_times_width`` multiplies the learning rate by; 1 unless output is a mean."""
        return 1.0

    def why_no_weights(self) -> str | None:
        """Why this model has no weights that could be drawn, or None if it has."""
        return None

    @abstractmethod
    def size(self, input_size: int, output_size: int) -> Size:
        """How many numbers one run's weights and one example's activations are."""

    def step_flops(self, examples: int, input_size: int, output_size: int) -> float:
        """The arithmetic of one step of one run: outputs on so many examples, and the gradient.

        By default three passes through the weights for each example, forward and backward twice; a
        model that evaluates itself otherwise (see `on`) says so here.
        """
        return 6.0 * examples * self.size(input_size, output_size).weights

    @abstractmethod
    def draw_weights(self, input_size: int, output_size: int, seed: int) -> dict[str, np.ndarray]:
        """Draw the initial weights of one seed in float64, before the factor σ."""

    def weight_shapes(self, input_size: int, output_size: int) -> dict[str, Shape]:
        """The shape of each of the weights, whatever the seed."""
        draw = self.draw_weights(input_size, output_size, seed=0)
        return {name: array.shape for name, array in draw.items()}

    def unscaled_weights(
        self, input_size: int, output_size: int, seed: int
    ) -> dict[str, np.ndarray]:
        """The weights before the factor σ: those of the weights file, or else drawn ones."""
        if self.weights_file is None:
            return self.draw_weights(input_size, output_size, seed)
        names = tuple(self.weight_shapes(input_size, output_size))
        held = zip(names, arrays(self.weights_file, names), strict=True)
        return {name: array.astype(float) for name, array in held}

    def initial_weights(self, data: Data, seed: int) -> dict[str, np.ndarray]:
        """The weights that training starts from, the factor σ included."""
        sizes = data.train_inputs.shape[-1], data.train_targets.shape[-1]
        return {name: self.sigma * w for name, w in self.unscaled_weights(*sizes, seed).items()}

    def initial_kernel(self, data: Data, inputs: np.ndarray, seed: int) -> np.ndarray:
        """The neural tangent kernel of the outputs at the first weights, summed over outputs.

        ``inputs`` are [example, input]; the result [example, example] is up to a factor. The
        default differentiates `output`; a model that knows its kernel brings its own.
        """
        from grokspec.models._kernel import tangent_kernel_of_arrays

        scalars = {name: getattr(self, name) for name in self.stackable_fields()}
        weights = self.initial_weights(data, seed)
        return tangent_kernel_of_arrays(self.output, weights, inputs, scalars)

    @abstractmethod
    def output(
        self, weights: dict[str, Tensor], inputs: Tensor, scalars: Mapping[str, Tensor]
    ) -> Tensor:
        """Compute g(w, x) of one run, [example, output], where no tensor has a ``run`` axis.

        ``scalars`` holds this run's value of every stackable field, as a tensor without
        axes; a subclass reads those from it rather than from ``self``.
        """

    def on(self, inputs: Inputs, scalars: Scalars) -> Evaluation:
        """Prepare to evaluate a stack on its inputs, for weights that change from step to step.

        The function returned takes the weights and computes the outputs and a function from
        ∂L/∂output to ∂L/∂weights. The default derives both from `output` by automatic
        differentiation; a model that knows its gradient brings its own.
        """
        from torch.func import vjp, vmap

        def outputs(weights: Weights) -> Outputs:
            return vmap(self.output)(weights, inputs, dict(scalars))

        def evaluate(weights: Weights) -> tuple[Outputs, Pullback]:
            value, pullback, *_ = vjp(outputs, weights)
            return value, lambda cotangent: pullback(cotangent)[0]

        return evaluate

    def moments(self, weights: Weights) -> tuple[Vector, Matrix]:
        """First and second moment of the hidden weights; see `has_moments`."""
        raise NotImplementedError

    def predictors(
        self, weights: Weights, initial: Weights, scalars: Scalars
    ) -> tuple[Vector, Matrix]:
        """The predictors ``l·x + ½ xᵀQx`` as l and Q; see `has_moments`."""
        raise NotImplementedError
