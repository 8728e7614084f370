"""The axes of the tensors that train, each named once, and the shapes that recur.

    run      the runs of a stack; the first axis unless there is a group or example axis before it
    group    groups of runs with the same inputs, for a stack that is trained in several groups
    example  examples of a data set or a batch
    input    components of an input
    hidden   hidden units
    output   components of an output or target
    z        components of z, which the moments engine keeps for a hidden unit: weights, velocity, 1
    record   recorded steps

The annotations cost nothing at run time. The tests check them at every call in the modules that
compute (see ``tests/shape_checks.py``); models and optimizers use them as documentation.
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
"""Inputs; tokens are whole numbers."""
Outputs = Float[Tensor, "run example output"]
"""Outputs, targets, and derivatives with respect to outputs."""
Kernel = Float[Tensor, "run example example"]
"""A kernel between all examples."""
Vector = Float[Tensor, "... run input"]
"""A first moment or a linear form; in the moments engine, with a group axis before the runs."""
Matrix = Float[Tensor, "... run input input"]
"""A second moment or a quadratic form; groups as in `Vector`."""

Scalars = Mapping[str, Scalar]
"""The stackable fields of a model, by name."""
Weights = dict[str, Stacked]
"""Weights, or derivatives with respect to them, by name."""
Pullback = Callable[[Outputs], Weights]
"""From ∂L/∂output to ∂L/∂weights."""
Evaluation = Callable[[Weights], tuple[Outputs, Pullback]]
"""From weights to the outputs on prepared inputs and the pullback there."""

GroupInputs = Float[Tensor, "group example input"]
"""The inputs of each group, which its runs share."""
GroupOutputs = Float[Tensor, "group example run"]
"""Outputs, targets or residuals of models with one output."""
GroupMatrices = Float[Tensor, "group run input input"]
"""One symmetric matrix over the inputs a run."""
GroupCross = Float[Tensor, "group run z input"]
"""⟨z w₀ᵀ⟩ of each run, with the initial weights w₀."""
GroupMoments = Float[Tensor, "group run z z"]
"""A matrix over z a run: the second moment Z, and the map T of one step."""
