"""The norms of the weights into and out of each hidden unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from grokspec.probes._hidden_layer import OfHiddenLayer

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.probes._snapshot import Snapshot
    from grokspec.training import Setup


class NeuronNorms(OfHiddenLayer):
    """``incoming_norms_of_<weight>`` and ``outgoing_norms_of_<weight>``, of each hidden unit.

    Their dimension is ``neuron_of_<incoming>``. Biases do not count.
    """

    kind: Literal["neuron_norms"] = "neuron_norms"

    def quantities_of(self, setup: Setup) -> tuple[str, ...]:
        outgoing = () if self.outgoing is None else (f"outgoing_norms_of_{self.outgoing}",)
        return (f"incoming_norms_of_{self.incoming}", *outgoing)

    def dimensions_of(self, setup: Setup) -> Mapping[str, tuple[str, ...]]:
        return dict.fromkeys(self.quantities_of(setup), (f"neuron_of_{self.incoming}",))

    def take(self, snapshot: Snapshot) -> dict[str, Tensor]:
        incoming, outgoing = self.layer(snapshot.weights())
        norms = {f"incoming_norms_of_{self.incoming}": incoming.flatten(2).norm(dim=2)}
        if outgoing is not None:
            norms[f"outgoing_norms_of_{self.outgoing}"] = outgoing.flatten(2).norm(dim=2)
        return norms
