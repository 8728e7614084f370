"""Any network of one's own: a `torch.nn.Module` that a spec names."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from grokspec.files.python import Arguments, PythonName, check_arguments
from grokspec.models.base import Model, Size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from torch import Tensor

    from grokspec.models._evaluator import Evaluator
    from grokspec.shapes import Inputs, Scalars, Weights
    from grokspec.tasks.base import Data, Task


class Module(Model):
    """A `torch.nn.Module`: its class, or a function that returns one, and its arguments.

    It is built as after ``torch.manual_seed(seed)``, and its numbers then get the precision of the
    training: the weights are those of a loop of one's own with this seed. Weights are the
    parameters that require a gradient. Buffers and frozen parameters belong to the function, so σ
    does not multiply them and norms do not count them.

    It is in training mode when it takes a step and in evaluation mode when it is measured. What it
    draws in training, for dropout say, goes on in the random numbers with which it was built.
    """

    kind: Literal["module"] = "module"
    class_: Annotated[
        PythonName,
        Field(
            alias="class",
            description="The class, or a function that returns a module: a file relative to this "
            "spec, or an installed module, and the name in it.",
            examples=["torch.nn:LazyLinear"],
        ),
    ]
    arguments: Annotated[
        Arguments,
        Field(default_factory=dict, description="What it is called with, by name."),
    ]
    input_shape: Annotated[
        tuple[Annotated[int, Field(ge=1)], ...] | None,
        Field(
            strict=False,
            min_length=1,
            description="The shape of one input, as [1, 8, 8] of an image; flat if left out.",
        ),
    ] = None

    takes_tokens: ClassVar[bool] = True
    weights_are_known: ClassVar[bool] = False
    is_its_weights: ClassVar[bool] = False  # buffers and random numbers go on as well

    @model_validator(mode="after")
    def _arguments_fit(self) -> Module:
        """Check the names of arguments by the text of the file, as far as that shows them."""
        check_arguments(self.class_, self.arguments)
        return self

    def incompatibility(self, task: Task) -> str | None:
        if self.input_shape is not None and math.prod(self.input_shape) != task.input_size:
            shape = list(self.input_shape)
            return (
                f"input_shape = {shape} has {math.prod(shape):,} numbers, and an input of the task "
                f"has {task.input_size:,}; give the shape of one input"
            )
        return super().incompatibility(task)

    def incompatibility_of_file(self, task: Task) -> str | None:
        """None: the names of weights are known once the module is built; they are checked then."""
        return None

    def size(self, input_size: int, output_size: int) -> Size:
        from grokspec.models._module_size import size_of

        return size_of(self, input_size).size

    def step_flops(self, examples: int, input_size: int, output_size: int) -> float:
        """Three passes of the arithmetic that torch counts in a forward pass."""
        from grokspec.models._module_size import size_of

        return 3.0 * examples * size_of(self, input_size).flops

    def why_one_by_one(self, input_size: int) -> str | None:
        from grokspec.models._module_size import size_of

        return size_of(self, input_size).why_one_by_one

    def draw_weights(self, input_size: int, output_size: int, seed: int) -> dict[str, np.ndarray]:
        from grokspec.models._module import Built

        weights = Built(self, seed, input_size).weights
        return {name: weight.detach().double().numpy() for name, weight in weights.items()}

    def unscaled_weights(
        self, input_size: int, output_size: int, seed: int
    ) -> dict[str, np.ndarray]:
        from grokspec.files.arrays import check_shapes

        if self.weights_file is not None:
            check_shapes(self.weights_file, self.weight_shapes(input_size, output_size))
        return super().unscaled_weights(input_size, output_size, seed)

    def initial_kernel(self, data: Data, inputs: np.ndarray, seed: int) -> np.ndarray:
        import torch

        weights = self.initial_weights(data, seed)
        stacked = {name: torch.from_numpy(w)[None] for name, w in weights.items()}
        given = torch.from_numpy(inputs)[None]
        evaluator = self.evaluator([seed], stacked, self._scalars(), lambda: given)
        return evaluator.kernel(stacked, given)[0].numpy()

    def output(
        self, weights: dict[str, Tensor], inputs: Tensor, scalars: Mapping[str, Tensor]
    ) -> Tensor:
        """As the seed 0 builds it, in evaluation mode."""
        from grokspec.models._module import Built, functional

        (like, *_) = weights.values()
        built = Built(self, 0, inputs.shape[-1]).to(like)
        return functional(built, weights, built.state, self.shaped(inputs[None])[0])

    def evaluator(
        self,
        seeds: Sequence[int],
        initial: Weights,
        scalars: Scalars,
        inputs: Callable[[], Inputs],
    ) -> Evaluator:
        from grokspec.models._module_evaluator import ModuleEvaluator

        return ModuleEvaluator(self, seeds, initial, scalars, inputs())

    def shaped(self, inputs: Inputs) -> Inputs:
        """Inputs [run, example, input] in the shape of `input_shape`."""
        return inputs if self.input_shape is None else inputs.unflatten(-1, self.input_shape)

    def _scalars(self) -> Scalars:
        import torch

        return {
            name: torch.tensor([float(getattr(self, name))], dtype=torch.float64)
            for name in self.stackable_fields()
        }
