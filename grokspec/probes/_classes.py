"""What probes of classes share: whether a task has any, and which examples are correct."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jaxtyping import Bool
    from torch import Tensor

    from grokspec.shapes import Outputs, Scalar
    from grokspec.training import Setup


def why_not_classified(setup: Setup) -> str | None:
    """Why the largest of the outputs and of the targets are no classes, or None if they are."""
    if setup.task.output_size == 1:
        return "needs a task with an output for each class, not with one output"
    if why := setup.task.why_no_classes():
        return f"reads the class of an example from the largest of its targets; {why}"
    return None


def why_no_answer(setup: Setup) -> str | None:
    """Why outputs cannot be right or wrong: no classes, nor one output and signs; None if so."""
    task = setup.task
    if task.output_size == 1 and (why := task.why_no_signs()):
        return (
            f"needs a task with an output for each class, or one output and signs as targets; {why}"
        )
    return why_not_classified(setup) if task.output_size > 1 else None


def correct(outputs: Outputs, targets: Outputs) -> Bool[Tensor, "run example"]:
    """Whether the largest output of an example is the target's; of one output, its sign."""
    if outputs.shape[-1] == 1:
        return (outputs * targets > 0)[..., 0]
    return outputs.argmax(-1) == targets.argmax(-1)


def correct_share(outputs: Outputs, targets: Outputs) -> Scalar:
    """The share of all examples that are `correct`."""
    return correct(outputs, targets).double().mean(-1)
