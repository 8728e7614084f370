"""The error of every example, from which accuracy at any threshold is computed (§16.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot


class ExampleErrors(Probe):
    """The error of every example, in the two senses in which an example can count as correct.

    ``train_squared_errors`` and ``test_squared_errors`` are the mean over outputs of (f − y)²,
    ``train_largest_errors`` and ``test_largest_errors`` the largest |f − y| of any output.
    """

    kind: Literal["example_errors"] = "example_errors"
    quantities = (
        "train_squared_errors",
        "train_largest_errors",
        "test_squared_errors",
        "test_largest_errors",
    )
    dimensions: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "train_squared_errors": ("train_example",),
        "train_largest_errors": ("train_example",),
        "test_squared_errors": ("test_example",),
        "test_largest_errors": ("test_example",),
    }

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        def errors(split: Literal["train", "test"]) -> dict[str, Tensor]:
            deviation = snapshot.outputs(split) - snapshot.targets(split)
            return {
                f"{split}_squared_errors": (deviation**2).mean(-1),
                f"{split}_largest_errors": deviation.abs().amax(-1),
            }

        return errors("train") | errors("test")
