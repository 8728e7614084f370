"""The population loss in its three terms (Eq. 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec import theory
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.training import Setup


class LossDecomposition(Probe):
    """``population_loss``, the sum of ``variance_error``, ``misalignment_error``, ``linear_power``.

    Exact, without a test sample, for a predictor and a target that are quadratic forms.
    """

    kind: Literal["decomposition"] = "decomposition"
    quantities = ("variance_error", "misalignment_error", "linear_power", "population_loss")
    requires = frozenset({"moments"})

    def incompatibility(self, setup: Setup) -> str | None:
        if not setup.task.is_quadratic:
            return "is for targets that are a quadratic form of Gaussian inputs (Eq. 6)"
        return None

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        target = snapshot.of_data(lambda data: data.teacher["form"])
        terms = theory.decomposition(target, *snapshot.predictors())
        return {
            "variance_error": terms.variance,
            "misalignment_error": terms.misalignment,
            "linear_power": terms.linear_power,
            "population_loss": terms.total,
        }
