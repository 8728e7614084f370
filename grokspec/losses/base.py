"""What a loss is: a mean over examples, and its gradient in the predictor's outputs."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol

from pydantic import BeforeValidator, SerializationInfo, WrapSerializer
from pydantic_core.core_schema import SerializerFunctionWrapHandler

from grokspec.kinds import IN_FULL, Kind

if TYPE_CHECKING:
    from grokspec.shapes import Outputs, Scalar, Scalars
    from grokspec.tasks.base import Data, Task


RULES = {
    "probabilities": "needs probabilities as targets, in each row none below 0 and with the sum 1, "
    "for example one-hot",
    "classes": "needs targets whose largest number in a row marks the class, for example one-hot",
    "signs": "needs one target for each example, 1 or −1",
}
"""What targets must be for a loss, by what it reads them as."""


class Criterion(Protocol):
    """What computes a loss while a stack trains."""

    capturable: ClassVar[bool]

    def value(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Scalar: ...
    def gradient(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Outputs: ...


class Loss(Kind, family="loss"):
    """The base of every loss.

    ``scalars`` has the value of each stackable field for every run, [run], by name. Take these from
    it and not from ``self``, which is the loss of the first run of a stack.
    """

    capturable: ClassVar[bool] = True
    """Whether it does the same operations at every call, without waiting for the device."""

    has_curvature: ClassVar[bool] = True
    """Whether torch.func differentiates its `gradient`, as the Hessian needs."""

    reads: ClassVar[Literal["numbers", "probabilities", "classes", "signs"]] = "numbers"
    """What it takes targets for."""

    def incompatibility(self, task: Task) -> str | None:
        """Why this loss cannot be taken on a task, as far as its description shows, or None."""
        match self.reads:
            case "probabilities":
                why = task.why_no_probabilities()
            case "classes":
                why = task.why_no_classes()
            case "signs":
                why = task.why_no_plain_signs()
            case _:
                return None
        return why and f'{RULES[self.reads]}; {why}; or choose "mse"'

    def criterion(self, scalars: Scalars) -> Criterion:
        """What computes the loss of a stack with these numbers; others may need another.

        One that keeps something from call to call is new at every call of this method.
        """
        return self

    def of_zero(self, data: Data) -> float | None:
        """The loss of the predictor that is zero everywhere, if it is known in closed form."""
        return None

    @abstractmethod
    def value(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Scalar:
        """The loss of each run, [run]."""

    @abstractmethod
    def gradient(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Outputs:
        """The derivative of the loss in the outputs."""


def _by_name(value: Any) -> Any:
    """A loss that is written as its name, or as the name of a function."""
    if not isinstance(value, str):
        return value
    return {"kind": "function", "call": value} if ":" in value else {"kind": value}


def _as_written(loss: Loss, write: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
    """The name of a loss whose settings are the defaults, or of its function; else its table.

    So a setting that a loss gets later is no part of the runs without it.
    """
    table = write(loss)
    if loss.kind == "function":
        return table["call"]
    settings = loss.model_dump(exclude={"kind"}, exclude_defaults=True)
    return table if settings or info.context == IN_FULL else loss.kind


NamedLoss = Annotated[
    Loss,
    BeforeValidator(_by_name, json_schema_input_type=str | Loss),
    WrapSerializer(_as_written),
]
"""The type of a field for a loss: a table, or its name if it needs no settings."""
