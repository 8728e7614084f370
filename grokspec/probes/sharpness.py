"""The largest eigenvalue of the Hessian of the training loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.training import Setup


class Sharpness(Probe):
    """``sharpness``: the largest eigenvalue of the Hessian of the loss on all training examples.

    Gradient descent is stable while it is below two over the learning rate (Cohen et al. 2021). It
    is computed by Lanczos' method from Hessian-vector products. Its start is a random vector of
    the run's seed, the same at each record. Too few iterations give too small a number, never too
    large a one.
    """

    kind: Literal["sharpness"] = "sharpness"
    iterations: Annotated[
        int,
        Field(
            ge=1,
            le=1000,
            description="Hessian-vector products at each record, each about two steps' time.",
        ),
    ] = 20
    quantities = ("sharpness",)
    requires = frozenset({"weights", "curvature"})

    def incompatibility(self, setup: Setup) -> str | None:
        loss = setup.training.loss
        if not loss.has_curvature:
            return f'differentiates the loss twice, which loss "{loss.kind}" cannot be'
        return None

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        import numpy as np

        from grokspec.probes._lanczos import largest_eigenvalue
        from grokspec.probes._vectors import flat, unflat
        from grokspec.rng import generator

        weights = snapshot.weights()
        like = flat(weights)
        draws = [generator(e.seed, "probe").standard_normal(like.shape[1]) for e in snapshot.stack]

        def product(vector: Tensor) -> Tensor:
            slopes = snapshot.curvature(unflat(vector, weights))
            return flat({name: slopes[name] for name in weights})

        start = like.new_tensor(np.stack(draws))
        return {"sharpness": largest_eigenvalue(product, start, self.iterations)}
