"""What the interventions on weights share: which weights, by patterns of their names."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.errors import GrokspecError, suggestion
from grokspec.interventions.base import Intervention, along

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from grokspec.interventions.base import Described, Turn
    from grokspec.shapes import Scalar, Weights

By = Annotated[
    Literal["all", "layer"],
    Field(description="Take all these weights together, or each array of weights by itself."),
]


class OfWeights(Intervention):
    """The base of interventions on weights."""

    weights: Annotated[
        tuple[str, ...],
        Field(
            strict=False,
            min_length=1,
            description="Which weights, by their names or patterns of these; by default all.",
            examples=[["hidden", "layer*"]],
        ),
    ] = ("*",)

    def incompatibility(self, run: Described) -> str | None:
        model, task = run.model, run.task
        if not model.weights_are_known or model.why_no_weights():
            return None  # the engine says so, or `chosen` does
        known = model.weight_shapes(task.input_size, task.output_size)
        return next(
            filter(None, (self._why_none(pattern, known) for pattern in self.weights)), None
        )

    def chosen(self, weights: Weights) -> Weights:
        """Those of the weights that it is for; a GrokspecError if a pattern matches none."""
        for pattern in self.weights:
            if reason := self._why_none(pattern, weights):
                raise GrokspecError(f'intervention "{self.kind}": {reason}')
        return {name: weights[name] for name in self.names_in(weights)}

    def names_in(self, known: Iterable[str]) -> list[str]:
        """Those of some names that it is for."""
        return [name for name in known if any(fnmatchcase(name, p) for p in self.weights)]

    @staticmethod
    def _why_none(pattern: str, known: Iterable[str]) -> str | None:
        if any(fnmatchcase(name, pattern) for name in known):
            return None
        return f'the model has no weight "{pattern}"; {suggestion(pattern, known)}'


def put(turn: Turn, weight: Tensor, value: Tensor) -> None:
    """Put a value into a weight [run, ...], in the runs of a turn."""
    import torch

    weight.copy_(torch.where(along(turn.runs, weight), value, weight))


def groups(weights: Weights, by: str) -> list[Weights]:
    """The weights in groups that are taken together."""
    return [weights] if by == "all" else [{name: weight} for name, weight in weights.items()]


def norm_of(weights: Weights) -> Scalar:
    """The Euclidean norm of some weights together, [run]."""
    import torch

    return torch.cat([weight.flatten(1) for weight in weights.values()], 1).norm(dim=1)
