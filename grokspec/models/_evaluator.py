"""How the runs of a stack evaluate their model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from jaxtyping import Float
from torch import Tensor
from torch.func import vmap

from grokspec.models._kernel import tangent_kernel
from grokspec.shapes import Evaluation, Inputs, Kernel, Outputs, Scalars, Weights

if TYPE_CHECKING:
    from grokspec.models.base import Model


class Evaluator:
    """Evaluates g(w, x) of every run of a stack.

    A model that keeps something from step to step besides its weights has an evaluator of its own,
    from `Model.evaluator`.
    """

    capturable: ClassVar[bool] = True
    """Whether a step does the same operations on the same tensors at every call."""

    keeps_nothing: ClassVar[bool] = True
    """Whether it keeps nothing from step to step, random numbers included."""

    def __init__(self, model: Model, scalars: Scalars) -> None:
        self.model = model
        self.scalars = scalars

    def on(self, inputs: Inputs) -> Evaluation:
        """Prepare to evaluate in a step of the training; see `Model.on`."""
        return self.model.on(inputs, self.scalars)

    def measured_on(self, inputs: Inputs) -> Evaluation:
        """Prepare to evaluate for the probes, which changes nothing."""
        return self.on(inputs)

    def outputs(self, weights: Weights, inputs: Inputs, measured: bool = False) -> Outputs:
        """The outputs as a function that torch.func differentiates, in a step or ``measured``."""
        return vmap(self.model.output)(weights, inputs, dict(self.scalars))

    def kernel(self, weights: Weights, inputs: Inputs) -> Kernel:
        """The neural tangent kernel of each run, summed over outputs."""

        def kernel(
            weights: dict[str, Tensor], inputs: Tensor, scalars: Mapping[str, Tensor]
        ) -> Float[Tensor, "example example"]:
            return tangent_kernel(self.model.output, weights, inputs, scalars)

        # One run at a time, because a Jacobian is as large as examples times weights.
        return vmap(kernel, chunk_size=1)(weights, inputs, dict(self.scalars))
