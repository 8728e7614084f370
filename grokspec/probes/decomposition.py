"""The population loss in its three terms (Eq. 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec import theory
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.experiment import Experiment
    from grokspec.probes._snapshot import Snapshot


class LossDecomposition(Probe):
    """``population_loss`` and the terms of it.

    These are ``variance_error``, ``misalignment_error`` and ``linear_power``.
    Exact, with no test sample, where the predictor is a quadratic form and so is the target.
    """

    kind: Literal["decomposition"] = "decomposition"
    quantities = ("variance_error", "misalignment_error", "linear_power", "population_loss")
    requires = frozenset({"moments"})

    def incompatibility(self, experiment: Experiment) -> str | None:
        """Eq. 6 is for a quadratic target of Gaussian inputs."""
        if not experiment.task.is_quadratic:
            return "is Eq. 6, which holds where the target is a quadratic form of Gaussian inputs"
        return None

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        """Each term and their sum, [run]."""
        target = snapshot.of_data(lambda data: data.teacher["form"])
        terms = theory.decomposition(target, *snapshot.predictors())
        return {
            "variance_error": terms.variance,
            "misalignment_error": terms.misalignment,
            "linear_power": terms.linear_power,
            "population_loss": terms.total,
        }
