"""What probes of single weights share: which weights these are, and the names of quantities.

Each weight has quantities of its own, ``norm_of_token``, rather than a place along a dimension. So
a claim or a figure names the weight, and runs of models with other weights fit into one dataset.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from grokspec.errors import GrokspecError, suggestion
from grokspec.probes.base import Probe

if TYPE_CHECKING:
    from grokspec.files.arrays import Shape
    from grokspec.shapes import Stacked, Weights
    from grokspec.training import Setup


class OfWeights(Probe):
    """The base of probes that take the same quantities of several weights."""

    requires = frozenset({"weights"})
    of_each: ClassVar[tuple[str, ...]] = ()
    """What is taken of each weight: "norm" is recorded as ``norm_of_<weight>``."""
    of_matrices: ClassVar[bool] = False
    """Whether it is of weights with two axes or more only."""

    weights: Annotated[
        tuple[str, ...] | None,
        Field(strict=False, min_length=1, description="Names of weights; by default all."),
    ] = None

    def quantities_of(self, setup: Setup) -> tuple[str, ...]:
        names = self.weights or self._fitting(known_weights(setup) or {})
        each = tuple(f"{quantity}_of_{name}" for name in names for quantity in self.of_each)
        return (*self.quantities, *each) if each else ()

    def incompatibility(self, setup: Setup) -> str | None:
        shapes = known_weights(setup)
        if shapes is None:
            return None
        if self.weights is None and not self._fitting(shapes):
            return f"no weight of the model is a matrix; there are {', '.join(shapes)}"
        for name in self.weights or ():
            if reason := why_no_weight(name, shapes):
                return reason
            if self.of_matrices and len(shapes[name]) < 2:
                return f'weight "{name}" is a vector; name weights with two axes'
        return None

    def chosen(self, weights: Weights) -> Weights:
        """The weights that quantities are taken of."""
        if self.weights is not None:
            return {name: weight_named(name, weights, self.kind) for name in self.weights}
        shapes = {name: tuple(weight.shape[1:]) for name, weight in weights.items()}
        return {name: weights[name] for name in self._fitting(shapes)}

    def _fitting(self, shapes: Mapping[str, Shape]) -> list[str]:
        return [n for n, shape in shapes.items() if len(shape) > 1 or not self.of_matrices]


def known_weights(setup: Setup) -> Mapping[str, Shape] | None:
    """The shape of each weight; None if the model has none, or has to be built to know."""
    model, task = setup.model, setup.task
    if not model.weights_are_known or model.why_no_weights():
        return None
    return model.weight_shapes(task.input_size, task.output_size)


def why_no_weight(name: str, known: Iterable[str]) -> str | None:
    """Why there is no weight of that name, or None if there is."""
    return None if name in known else f'the model has no weight "{name}"; {suggestion(name, known)}'


def weight_named(name: str, weights: Weights, probe: str) -> Stacked:
    """A weight of a stack, whose model may only now show that it has none of that name."""
    if reason := why_no_weight(name, list(weights)):
        raise GrokspecError(f'probe "{probe}": {reason}')
    return weights[name]
