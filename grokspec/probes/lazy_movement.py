"""How far the weights would move if the network stayed lazy: the task's difficulty (Eq. 8, 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.models.committee import Committee
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.training import Setup


class LazyMovement(Probe):
    """``lazy_movement``: what ``movement`` is in the lazy limit, from the initial kernel alone.

    The shortest way to fit the training set to first order in w − w₀ has
    ``|w − w₀|² = rᵀK⁻¹r`` with ``r = y − f₀``, which is the difficulty of Eq. 8. There, K is Eq. 5
    times α²/N (see `theory.ntk`). With K as in Eq. 5 it is ``(N/α²) rᵀK⁻¹r``; the square of
    ``lazy_movement`` is the mean of this over the N·D weights.
    """

    kind: Literal["lazy_movement"] = "lazy_movement"
    quantities = ("lazy_movement",)
    once = True

    def incompatibility(self, setup: Setup) -> str | None:
        if not isinstance(setup.model, Committee):
            return f'is for model.kind = "committee", not for "{setup.model.kind}"'
        return None

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        import torch

        kernel = snapshot.kernel("train").double()
        residual = (snapshot.targets("train") - snapshot.outputs("train")).double()
        coefficients = torch.linalg.pinv(kernel, hermitian=True, rtol=1e-13) @ residual
        difficulty = (residual * coefficients).sum((-2, -1))
        alpha = snapshot.per_run(lambda e: e.model.alpha).double()
        inputs = snapshot.stack[0].task.input_size
        return {"lazy_movement": (difficulty / inputs) ** 0.5 / alpha}
