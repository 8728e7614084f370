"""What a model is: weights drawn by a seed, and a function of weights and inputs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple

from pydantic import Field

from grokspec.files.arrays import Shape, arrays, check_shapes
from grokspec.files.inputs import FileError, InputFile
from grokspec.kinds import Kind, PerRun

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from grokspec.models._evaluator import Evaluator
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
    """What memory and time are estimated from, for one run and one example."""

    weights: int
    activations: int


class Model(Kind, family="model"):
    """The base of every model.

    A run's predictor is ``α g(w, x)`` (Eq. 3) or, centered, ``α [g(w, x) − g(w₀, x)]`` (Eq. 7),
    where g is what `output` computes. Engines apply α and the centering, so a model does neither.
    """

    alpha: Annotated[
        PerRun, Field(gt=0, description="Laziness α: the factor on the network's output (§4.1).")
    ] = 1.0
    sigma: Annotated[
        PerRun,
        Field(gt=0, description="Initialization scale σ: the factor on every initial weight."),
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

    only_at_start = frozenset({"sigma"})

    takes_tokens: ClassVar[bool] = False
    """Whether inputs may be whole numbers that stand for something, and not real numbers."""

    takes_numbers: ClassVar[bool] = True
    """Whether inputs may be real numbers."""

    has_one_output: ClassVar[bool] = False
    """Whether the output is one number whatever the task; others have as many as its targets."""

    has_moments: ClassVar[bool] = False
    """Whether the model is a quadratic form in its inputs, with `moments` and `predictors`."""

    remedy_for_vocabulary: ClassVar[str] = "give the targets an output for each"
    """What the user can do if there are more tokens than the model has; see `vocabulary`."""

    weights_are_known: ClassVar[bool] = True
    """Whether names and shapes of weights are known before the model is built."""

    is_its_weights: ClassVar[bool] = True
    """Whether the outputs follow from the weights and the seed, so that nothing else is kept."""

    def incompatibility(self, task: Task) -> str | None:
        """Why this model cannot be trained on a task, or None if it can.

        A model that overrides this asks the base class, too.
        """
        if self.has_one_output and task.output_size != 1:
            others = ", ".join(sorted(_kinds_of_several_outputs(task.has_tokens))) or "another one"
            return (
                f'"{self.kind}" has one output and the task has {task.output_size:,}; '
                f"choose a model with as many: {others}"
            )
        if not (self.takes_numbers or task.has_tokens):
            return f"reads tokens; the task's inputs are real numbers; {task.remedy_for_numbers}"
        return None

    def incompatibility_of_file(self, task: Task) -> str | None:
        """Why the weights file does not fit this model, or None if it does or there is no file."""
        if self.weights_file is None:
            return None
        if reason := self.why_no_weights():
            return reason
        try:
            check_shapes(self.weights_file, self.weight_shapes(task.input_size, task.output_size))
        except FileError as error:
            return error.reason
        return None

    def vocabulary(self, task: Task) -> int | None:
        """How many tokens there are, numbered from 0; None if there is no limit."""
        return None

    @property
    def width_factor(self) -> float:
        """The factor that ``rate_times_width`` applies: 1 unless the output is a mean."""
        return 1.0

    def why_no_weights(self) -> str | None:
        """Why this model has no weights to draw, or None if it has."""
        return None

    @abstractmethod
    def size(self, input_size: int, output_size: int) -> Size:
        """The number of weights of one run, and of activations of one example."""

    def step_flops(self, examples: int, input_size: int, output_size: int) -> float:
        """The arithmetic of one step of one run, in flop: outputs on the examples and the gradient.

        By default three passes through the weights per example, one forward and two backward. A
        model with an `on` of its own overrides this.
        """
        return 6.0 * examples * self.size(input_size, output_size).weights

    def why_one_by_one(self, input_size: int) -> str | None:
        """Why the runs of a stack are evaluated one after the other, or None if they go together.

        What shows only in training is not known here.
        """
        return None

    @abstractmethod
    def draw_weights(self, input_size: int, output_size: int, seed: int) -> dict[str, np.ndarray]:
        """Draw the initial weights of one seed in float64, before the factor σ."""

    def weight_shapes(self, input_size: int, output_size: int) -> dict[str, Shape]:
        """The shape of each weight; it does not depend on the seed."""
        draw = self.draw_weights(input_size, output_size, seed=0)
        return {name: array.shape for name, array in draw.items()}

    def unscaled_weights(
        self, input_size: int, output_size: int, seed: int
    ) -> dict[str, np.ndarray]:
        """The weights before the factor σ, from the weights file if there is one, or drawn."""
        if self.weights_file is None:
            return self.draw_weights(input_size, output_size, seed)
        names = tuple(self.weight_shapes(input_size, output_size))
        loaded = zip(names, arrays(self.weights_file, names), strict=True)
        return {name: array.astype(float) for name, array in loaded}

    def initial_weights(self, data: Data, seed: int) -> dict[str, np.ndarray]:
        """The weights that training starts from, the factor σ included."""
        sizes = data.train_inputs.shape[-1], data.train_targets.shape[-1]
        return {name: self.sigma * w for name, w in self.unscaled_weights(*sizes, seed).items()}

    def initial_kernel(self, data: Data, inputs: np.ndarray, seed: int) -> np.ndarray:
        """The neural tangent kernel at the initial weights, summed over outputs, up to a factor.

        ``inputs`` are [example, input], the result [example, example]. By default it is computed
        by differentiating `output`; a model with a closed form overrides this.
        """
        from grokspec.models._kernel import tangent_kernel_of_arrays

        scalars = {name: getattr(self, name) for name in self.stackable_fields()}
        weights = self.initial_weights(data, seed)
        return tangent_kernel_of_arrays(self.output, weights, inputs, scalars)

    @abstractmethod
    def output(
        self, weights: dict[str, Tensor], inputs: Tensor, scalars: Mapping[str, Tensor]
    ) -> Tensor:
        """Compute g(w, x) of one run, [example, output]; no tensor here has a ``run`` axis.

        ``scalars`` holds the run's value of each stackable field, as a tensor without axes. Take
        these from it and not from ``self``, which is the first run of a stack.
        """

    def on(self, inputs: Inputs, scalars: Scalars) -> Evaluation:
        """Prepare to evaluate a stack on its inputs, for weights that change from step to step.

        The returned function takes the weights and returns the outputs and their pullback, a
        function from ∂L/∂output to ∂L/∂weights. By default both come from `output` by automatic
        differentiation; a model that knows a faster way overrides this.
        """
        from torch.func import vjp, vmap

        def outputs(weights: Weights) -> Outputs:
            return vmap(self.output)(weights, inputs, dict(scalars))

        def evaluate(weights: Weights) -> tuple[Outputs, Pullback]:
            value, pullback, *_ = vjp(outputs, weights)
            return value, lambda cotangent: pullback(cotangent)[0]

        return evaluate

    def evaluator(
        self,
        seeds: Sequence[int],
        initial: Weights,
        scalars: Scalars,
        inputs: Callable[[], Inputs],
    ) -> Evaluator:
        """What evaluates a stack with these seeds and initial weights while it trains.

        ``inputs`` gives those of the first step. Only a model that keeps something besides its
        weights from step to step, or draws random numbers, overrides this.
        """
        from grokspec.models._evaluator import Evaluator

        return Evaluator(self, scalars)

    def moments(self, weights: Weights) -> tuple[Vector, Matrix]:
        """First and second moments of the hidden weights; see `has_moments`."""
        raise NotImplementedError

    def predictors(
        self, weights: Weights, initial: Weights, scalars: Scalars
    ) -> tuple[Vector, Matrix]:
        """The predictors ``l·x + ½ xᵀQx`` as l and Q; see `has_moments`."""
        raise NotImplementedError


def _kinds_of_several_outputs(on_tokens: bool) -> list[str]:
    """The models with as many outputs as the task, on tokens or else on real numbers."""
    return [
        name
        for name, kind in Model.known().items()
        if issubclass(kind, Model)
        and not kind.has_one_output
        and (kind.takes_tokens if on_tokens else kind.takes_numbers)
    ]
