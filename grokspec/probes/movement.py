"""How far the weights have moved from their initial values (Fig. 7d)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot


class Movement(Probe):
    """``movement``: |w − w₀|, the root mean square over all weights, as ``weight_norm`` is.

    The moments engine computes it as a difference of moments, to about eight digits of |w₀| (four
    in float32).
    """

    kind: Literal["movement"] = "movement"
    quantities = ("movement",)
    requires = frozenset({"movement"})

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        return {"movement": snapshot.mean_squared_movement().clamp(min=0) ** 0.5}
