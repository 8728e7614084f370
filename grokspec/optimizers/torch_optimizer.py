"""Any optimizer of torch or of one's own: a `torch.optim.Optimizer` that a spec names."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from grokspec.errors import GrokspecError
from grokspec.files.python import Arguments, PythonName, check_arguments, users_code
from grokspec.kinds import invalid
from grokspec.optimizers.base import Decay, Optimizer

if TYPE_CHECKING:
    import torch

    from grokspec.optimizers.base import Parameters, State
    from grokspec.shapes import Stacked

GIVEN = ("params", "lr", "weight_decay")
"""What an optimizer is called with besides its arguments."""

ELEMENTWISE = frozenset(
    f"torch.optim:{name}"
    for name in (
        "ASGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop",
        "Rprop", "SGD",
    )
)  # fmt: skip
"""Those that move every element by the same rule, whatever the others do."""

IMPOSSIBLE = {
    "torch.optim:LBFGS": "evaluates the loss several times in a step",
    "torch.optim:SparseAdam": "needs sparse derivatives",
}
"""Those that cannot be used here, and why."""


class TorchOptimizer(Optimizer):
    """A `torch.optim.Optimizer`: its class and its arguments.

    Each run has an instance of its own, called with its weights and ``learning_rate``, with all
    factors, as ``lr``, and with ``weight_decay`` where it takes one, also if that is 0: torch's own
    default may be another. A rule of torch that treats every element alike has one instance for a
    stack whose runs have the same rate, which gives the same to rounding.
    """

    kind: Literal["torch"] = "torch"
    class_: Annotated[
        PythonName,
        Field(
            alias="class",
            description="The class: a file relative to this spec, or an installed module, and the "
            "name in it.",
            examples=["torch.optim:RMSprop"],
        ),
    ]
    arguments: Annotated[
        Arguments,
        Field(
            default_factory=dict,
            description="What it is called with besides lr and weight_decay, by name.",
        ),
    ]

    has_instances: ClassVar[bool] = True
    own_decay: ClassVar[Decay | None] = None

    @model_validator(mode="after")
    def _can_be_used(self) -> TorchOptimizer:
        if why := IMPOSSIBLE.get(str(self.class_)):
            raise invalid(f"{self.class_} {why}, and grokspec does not; choose another", "class")
        check_arguments(self.class_, self.arguments, GIVEN)
        return self

    @property
    def treats_elements_alike(self) -> bool:
        return str(self.class_) in ELEMENTWISE

    def instance(self, parameters: Parameters, rate: float, decay: float) -> torch.optim.Optimizer:
        """Raises a UserCodeError if it cannot be made, and a GrokspecError if it cannot be used."""
        from torch.optim import Optimizer as Base

        call = self.class_.load()
        given = {"lr": rate, **({"weight_decay": decay} if self._takes_decay(call, decay) else {})}
        with users_code(f"{self.class_} could not be made"):
            made = call(list(parameters), **given, **self.arguments)
        if not isinstance(made, Base):
            raise GrokspecError(f"optimizer.class = {self.class_}: is no torch.optim.Optimizer")
        closure = inspect.signature(made.step).parameters.get("closure")
        if closure is not None and closure.default is inspect.Parameter.empty:
            raise GrokspecError(
                f"optimizer.class = {self.class_}: its step needs a closure, which evaluates the "
                "loss again, and grokspec has none; choose another"
            )
        return made

    def start(self, weight: Stacked) -> State:
        raise NotImplementedError("instances move the weights")

    def step(
        self, weight: Stacked, gradient: Stacked, state: State, rate: Stacked, decay: Stacked
    ) -> None:
        raise NotImplementedError("instances move the weights")

    def _takes_decay(self, call: type, decay: float) -> bool:
        parameters = inspect.signature(call).parameters
        if "weight_decay" in parameters:
            return True
        if decay == 0:
            return False
        if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
            return True
        raise GrokspecError(
            f"optimizer.weight_decay = {decay:g}: {self.class_} has no parameter weight_decay; "
            "leave it out"
        )
