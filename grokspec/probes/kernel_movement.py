"""How far the neural tangent kernel has moved from its initial one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec import theory
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot


class KernelMovement(Probe):
    """How far the kernel K has moved from K₀ at the start, on training inputs.

    ``kernel_movement`` is ``‖K − K₀‖/‖K₀‖`` (Frobenius), and ``kernel_similarity`` their centered
    alignment (CKA), which a factor on K does not change. A lazy network keeps its kernel: it has
    about 0 and 1.
    """

    kind: Literal["kernel_movement"] = "kernel_movement"
    examples: Annotated[
        int,
        Field(
            ge=2,
            description="How many training examples the kernel is between, from the first on; its "
            "time grows with their number times that of outputs.",
        ),
    ] = 50
    quantities = ("kernel_movement", "kernel_similarity")
    requires = frozenset({"outputs", "initial_kernel"})

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        kernel = snapshot.kernel("train", self.examples)
        initial = snapshot.initial_kernel("train", self.examples)
        moved = (kernel - initial).flatten(1).norm(dim=1) / initial.flatten(1).norm(dim=1)
        return {
            "kernel_movement": moved,
            "kernel_similarity": theory.kernel_similarity(kernel, initial),
        }
