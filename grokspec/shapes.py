"""The axes of the tensors that train, each named once, and the shapes that recur.

    run      the runs of a stack; the first axis, unless groups or examples stand before it
    group    of runs that share their inputs, where a stack is trained in several groups
    example  of a data set or a batch
    input    the numbers that one input holds
    hidden   hidden units
    output   the numbers that one output or target holds
    z        what the moments engine gathers of one hidden unit: weights, velocity, a one
    record   the steps that are recorded

An annotation costs nothing in use. In `grokspec.dynamics` the tests check it at every call; the
models and optimizers, which are defined without torch, use the same names to be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jaxtyping import Float, Real
from torch import Tensor

Scalar = Float[Tensor, " run"]
"""One number a run."""
Stacked = Float[Tensor, "run ..."]
"""One array a run."""
Inputs = Real[Tensor, "run example ..."]
"""Inputs; whole numbers where they are tokens."""
Outputs = Float[Tensor, "run example output"]
"""Outputs, targets, and derivatives in the outputs."""
Kernel = Float[Tensor, "run example example"]
"""A kernel between all examples."""
Vector = Float[Tensor, "... run input"]
"""A first moment or a linear form; inside the moments engine the groups stand before the runs."""
Matrix = Float[Tensor, "... run input input"]
"""A second moment or a quadratic form; groups as for `Vector`."""

Scalars = Mapping[str, Scalar]
"""The stackable fields of a model, by name."""
Weights = dict[str, Stacked]
"""Weights, or a derivative in them, by name."""
Pullback = Callable[[Outputs], Weights]
"""From ∂L/∂output to ∂L/∂weights."""
Evaluation = Callable[[Weights], tuple[Outputs, Pullback]]
"""From weights to the outputs on prepared inputs, and the way back."""

GroupInputs = Float[Tensor, "group example input"]
"""The inputs that the runs of each group share."""
GroupOutputs = Float[Tensor, "group example run"]
"""Outputs, targets and residuals of a single output, the runs of a group side by side."""
GroupMatrices = Float[Tensor, "group run input input"]
"""One symmetric matrix over the inputs a run."""
GroupCross = Float[Tensor, "group run z input"]
"""⟨z w₀ᵀ⟩ of each run: z against the first weights."""
GroupMoments = Float[Tensor, "group run z z"]
"""A matrix over z a run: the second moment Z, and the map T of one step."""
