"""A loss of one's own: a function of the outputs and targets of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.files.python import PythonName
from grokspec.losses.base import Loss

if TYPE_CHECKING:
    from grokspec.losses.base import Criterion
    from grokspec.shapes import Outputs, Scalar, Scalars


class FunctionLoss(Loss):
    """A function ``(outputs, targets) -> scalar`` of tensors [example, output], differentiable.

    ``loss = "my_parts.py:hinge"`` says the same in short.
    """

    has_curvature = False

    kind: Literal["function"] = "function"
    call: Annotated[
        PythonName,
        Field(
            description="The function: a file relative to this spec, or an installed module, and "
            "the name in it.",
            examples=["torch.nn.functional:mse_loss"],
        ),
    ]

    def criterion(self, scalars: Scalars) -> Criterion:
        from grokspec.losses._function import CalledLoss

        return CalledLoss(self.call)

    def value(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Scalar:
        return self.criterion(scalars).value(outputs, targets, scalars)

    def gradient(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Outputs:
        return self.criterion(scalars).gradient(outputs, targets, scalars)
