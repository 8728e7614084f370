"""The norm of all weights together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot


class TotalNorm(Probe):
    """``total_norm``: |w| = √Σw² over all weights of the model, biases included.

    What Liu et al. (2023), "Omnigrok", and work on the delay law plot. It grows with the size of
    the model; ``weight_norm`` is |w|/√n.
    """

    kind: Literal["total_norm"] = "total_norm"
    quantities = ("total_norm",)
    requires = frozenset({"weights"})

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        from grokspec.probes._vectors import flat

        return {"total_norm": flat(snapshot.weights()).norm(dim=1)}
