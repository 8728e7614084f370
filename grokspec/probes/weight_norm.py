"""The norm of the weights (Fig. 1c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot


class WeightNorm(Probe):
    """``weight_norm``: the root mean square of all n weights, |w|/√n.

    Divided by √n, the norm also exists at infinite width, and starts at about σ.
    """

    kind: Literal["weight_norm"] = "weight_norm"
    quantities = ("weight_norm",)

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        return {"weight_norm": snapshot.mean_squared_weight() ** 0.5}
