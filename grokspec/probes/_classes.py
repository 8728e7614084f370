"""What probes of classes share: whether a task has any, and which examples are correct."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokspec.shapes import Outputs, Scalar
    from grokspec.training import Setup


def why_no_classes(setup: Setup) -> str | None:
    """Why the largest of the outputs and of the targets are no classes, or None if they are."""
    if setup.task.output_size == 1:
        return "needs a task with an output for each class, not with one output"
    if why := setup.task.why_no_classes():
        return f"reads the class of an example from the largest of its targets; {why}"
    return None


def correct_share(outputs: Outputs, targets: Outputs) -> Scalar:
    """The share of examples whose largest output is the target's; of one output, the right sign."""
    if outputs.shape[-1] == 1:
        return (outputs * targets > 0).double().mean((-2, -1))
    return (outputs.argmax(-1) == targets.argmax(-1)).double().mean(-1)
