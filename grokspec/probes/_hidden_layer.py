"""What probes of the units of a hidden layer share: the weights into and out of these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from grokspec.errors import GrokspecError
from grokspec.probes._of_weights import known_weights, weight_named, why_no_weight
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from grokspec.files.arrays import Shape
    from grokspec.shapes import Stacked, Weights
    from grokspec.training import Setup


class OfHiddenLayer(Probe):
    """The base of probes of a hidden layer, which is named by its weights."""

    requires = frozenset({"weights"})

    incoming: Annotated[
        str,
        Field(
            description="The weight into the layer, [unit, input].",
            examples=["weight_1"],
        ),
    ]
    outgoing: Annotated[
        str | None,
        Field(
            description="The weight out of the layer, [output, unit], if it is trained.",
            examples=["weight_2"],
        ),
    ] = None

    def incompatibility(self, setup: Setup) -> str | None:
        shapes = known_weights(setup)
        if shapes is None:
            return None
        for name in filter(None, (self.incoming, self.outgoing)):
            if reason := why_no_weight(name, shapes):
                return reason
        return self._why_no_layer(
            shapes[self.incoming], None if self.outgoing is None else shapes[self.outgoing]
        )

    def layer(self, weights: Weights) -> tuple[Stacked, Stacked | None]:
        """The weights into and out of the layer, both [run, unit, ...]."""
        incoming = weight_named(self.incoming, weights, self.kind)
        if self.outgoing is None:
            self._check_layer(tuple(incoming.shape[1:]), None)
            return incoming, None
        outgoing = weight_named(self.outgoing, weights, self.kind)
        self._check_layer(tuple(incoming.shape[1:]), tuple(outgoing.shape[1:]))
        return incoming, outgoing.movedim(units_axis(outgoing), 1)

    def _check_layer(self, incoming: Shape, outgoing: Shape | None) -> None:
        """Raise a GrokspecError about weights whose shapes were not known before."""
        if reason := self._why_no_layer(incoming, outgoing):
            raise GrokspecError(f'probe "{self.kind}": {reason}')

    def _why_no_layer(self, incoming: Shape, outgoing: Shape | None) -> str | None:
        if len(incoming) < 2:
            return f'weight "{self.incoming}" is a vector; name a weight with an axis of inputs'
        if outgoing is None:
            return None
        units = outgoing[min(1, len(outgoing) - 1)]
        if units != incoming[0]:
            return (
                f'the layer has {incoming[0]} units by "{self.incoming}" and {units} by '
                f'"{self.outgoing}"; name the weights into and out of one layer'
            )
        return None


def units_axis(outgoing: Stacked) -> int:
    """The axis of units in a weight [run, output, unit, ...] or, of one output, [run, unit]."""
    return min(2, outgoing.ndim - 1)
