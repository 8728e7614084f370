"""How far the weights would move if the network stayed lazy: the task's difficulty (Eq. 8, 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.models.committee import Committee
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.experiment import Experiment
    from grokspec.probes._snapshot import Snapshot


class LazyMovement(Probe):
    """``lazy_movement``: what ``movement`` is in the lazy limit, by the first kernel alone.

    The shortest way to fit the training set to first order in w − w₀ has
    ``|w − w₀|² = rᵀK⁻¹r`` with ``r = y − f₀``, which is the difficulty of Eq. 8. With K Eq. 5 times
    α²/N, as `theory.ntk` has it, that is ``(N/α²) rᵀK⁻¹r`` with K Eq. 5 itself; its mean over the
    N·D weights is the square of this.
    """

    kind: Literal["lazy_movement"] = "lazy_movement"
    quantities = ("lazy_movement",)
    once = True

    def incompatibility(self, experiment: Experiment) -> str | None:
        """The factor between Eq. 5 and the kernel is the committee machine's."""
        if not isinstance(experiment.model, Committee):
            return f'is for model.kind = "committee", not for "{experiment.model.kind}"'
        return None

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        """The distance, [run]."""
        import torch

        kernel = snapshot.kernel("train").double()
        residual = (snapshot.targets("train") - snapshot.outputs("train")).double()
        coefficients = torch.linalg.pinv(kernel, hermitian=True, rtol=1e-13) @ residual
        difficulty = (residual * coefficients).sum((-2, -1))
        alpha = snapshot.per_run(lambda e: e.model.alpha).double()
        inputs = snapshot.stack[0].task.input_size
        return {"lazy_movement": (difficulty / inputs) ** 0.5 / alpha}
