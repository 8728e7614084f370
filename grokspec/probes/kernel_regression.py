"""The loss of kernel regression with the initial neural tangent kernel (Fig. 1b)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec import theory
from grokspec.models.committee import Committee
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.training import Setup


class KernelRegression(Probe):
    """``kernel_regression_loss``: the exact population loss of ridgeless kernel regression.

    The predictor is ``f₀(x) + K(x, X) K(X, X)⁻¹ (y − f₀(X))``, to which gradient descent on the
    model linearized at w₀ converges (§4.1). It is a quadratic form, so Eq. 6 gives its loss.
    """

    kind: Literal["kernel_regression"] = "kernel_regression"
    quantities = ("kernel_regression_loss",)
    requires = frozenset({"moments"})
    once = True

    def incompatibility(self, setup: Setup) -> str | None:
        """Eq. 6 is for a quadratic target of Gaussian inputs, Eq. 5 for a committee machine."""
        if not setup.task.is_quadratic:
            return "is for targets that are a quadratic form of Gaussian inputs (Eq. 6)"
        if not isinstance(setup.model, Committee):
            return f'needs Eq. 5, which is for model.kind = "committee", not "{setup.model.kind}"'
        return None

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        import torch

        inputs = snapshot.inputs("train").double()
        residual = snapshot.targets("train").double() - snapshot.outputs("train").double()
        mean, second = (part.double() for part in snapshot.moments())
        epsilon = snapshot.per_run(lambda e: e.model.epsilon).double()  # type: ignore[attr-defined]
        kernel = theory.ntk_printed(inputs, inputs, mean, second, epsilon)
        coefficients = torch.linalg.pinv(kernel, hermitian=True, rtol=1e-13) @ residual
        linear, quadratic = theory.kernel_predictor(
            inputs, coefficients[..., 0], mean, second, epsilon
        )
        initial_linear, initial_quadratic = snapshot.predictors()
        target = snapshot.of_data(lambda data: data.teacher["form"])
        final = linear + initial_linear, quadratic + initial_quadratic
        return {"kernel_regression_loss": theory.decomposition(target, *final).total}
