"""Alignment of the neural tangent kernel with the task, on the test set (§5.2, Fig. 1c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec import theory
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.training import Setup


class Alignment(Probe):
    """``alignment`` (the ratio of §5.2) and ``centered_alignment`` (CKA) of the current kernel."""

    kind: Literal["alignment"] = "alignment"
    quantities = ("alignment", "centered_alignment")

    def incompatibility(self, setup: Setup) -> str | None:
        if setup.task.output_size != 1:
            return f"needs a task with one output, not {setup.task.output_size}"
        return None

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        kernel = snapshot.kernel("test")
        targets = snapshot.targets("test")[..., 0]
        return {
            "alignment": theory.alignment(kernel, targets),
            "centered_alignment": theory.centered_alignment(kernel, targets),
        }
