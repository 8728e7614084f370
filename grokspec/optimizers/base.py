"""What an optimizer is: a rule that moves the weights of a stack by one step, in place."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from grokspec.errors import suggestion
from grokspec.kinds import Kind, PerRun
from grokspec.schedules.base import Schedule
from grokspec.wrappers.base import Wrapper

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from torch import Tensor

    from grokspec.models.base import Model
    from grokspec.shapes import Stacked

    Parameters = Sequence[Tensor] | Sequence[dict[str, Any]]
    """What an optimizer of torch takes first: parameters, or groups of them."""
    State = dict[str, Tensor]
    """What an optimizer keeps from step to step for one stacked weight, by name."""


Decay = Literal["coupled", "decoupled"]


class Optimizer(Kind, family="optimizer"):
    """The base of every optimizer.

    A step of a run is: the gradient, what `wrappers` make of it, and the rule of the kind with the
    rate and the decay that the schedules say.
    """

    model_config = ConfigDict(defer_build=True)  # schedules and wrappers are not all known yet

    learning_rate: Annotated[PerRun, Field(gt=0, description="Learning rate η₀.", examples=[2.0])]
    weight_decay: Annotated[PerRun, Field(ge=0, description="Weight decay κ.")] = 0.0
    rate_over_alpha_squared: Annotated[
        bool,
        Field(
            description="Use η = η₀/α², which keeps early training alike (§8.1).", examples=[True]
        ),
    ] = False
    rate_times_width: Annotated[
        bool,
        Field(
            description="Multiply the rate by the width of a model whose output is a mean.",
            examples=[True],
        ),
    ] = False

    decay: Annotated[
        Decay | None,
        Field(
            description="How weights decay: by κw in the gradient, or apart from it by ηκw; "
            "by default as the optimizer does by itself."
        ),
    ] = None
    decay_only: Annotated[
        tuple[str, ...],
        Field(
            strict=False,
            description="Patterns of the names of the weights that decay; by default all do.",
            examples=[["*"]],
        ),
    ] = ()
    schedule: Annotated[
        Schedule | None,
        Field(description="How the rate changes over the steps: a factor on it."),
    ] = None
    decay_schedule: Annotated[
        Schedule | None,
        Field(description="How the weight decay changes over the steps: a factor on it."),
    ] = None
    wrappers: Annotated[
        dict[str, Wrapper],
        Field(
            default_factory=dict,
            description="What gradients go through first, under names of your choice, in this "
            "order.",
        ),
    ]

    elementwise: ClassVar[bool] = False
    """Whether every element of a weight moves by the same rule, whatever the others do. Then `step`
    may get all weights in one vector, with a rate and a decay for each element."""

    own_decay: ClassVar[Decay | None] = "coupled"
    """How weights decay by the rule itself; None if that is not known."""

    has_instances: ClassVar[bool] = False
    """Whether weights are moved by torch optimizers that `instance` makes, and not by `step`."""

    @property
    def beyond_the_rule(self) -> str | None:
        """The first field in use that changes what a step of the rule is, or None."""
        fields = ("schedule", "decay_schedule", "wrappers", "decay", "decay_only")
        return next((name for name in fields if getattr(self, name)), None)

    @property
    def decays_apart(self) -> bool:
        """Whether weights decay in another way than by the rule itself."""
        return self.decay not in (None, self.own_decay)

    @property
    def patterns(self) -> dict[str, tuple[str, ...]]:
        """The fields with patterns of names of weights: each has to match one."""
        return {"decay_only": self.decay_only}

    def why_no_such_weights(self, names: Iterable[str]) -> tuple[str, str] | None:
        """The field with a pattern that matches no weight of these names, and why; None if none."""
        known = list(names)
        for field, patterns in self.patterns.items():
            for pattern in patterns:
                if not any(fnmatchcase(name, pattern) for name in known):
                    why = f'"{pattern}" matches no weight of the model'
                    return field, f"{why}; {suggestion(pattern, known)}"
        return None

    def decays(self, name: str) -> bool:
        """Whether the weight of this name decays."""
        return not self.decay_only or any(fnmatchcase(name, p) for p in self.decay_only)

    @property
    def treats_elements_alike(self) -> bool:
        """Whether one instance may move the weights of several runs, in one vector."""
        return False

    def instance(self, parameters: Parameters, rate: float, decay: float) -> torch.optim.Optimizer:
        """An optimizer of torch for some parameters, or groups of them; see `has_instances`."""
        raise NotImplementedError

    def rate(self, model: Model) -> float:
        """The learning rate η of a run, with all factors."""
        return self.rate_per_unit(model) * model.width_factor

    def rate_per_unit(self, model: Model) -> float:
        """η over the model's width factor: finite in the limit of infinite width."""
        rate = self.learning_rate
        if self.rate_over_alpha_squared:
            rate /= model.alpha**2
        return rate if self.rate_times_width else rate / model.width_factor

    def start_of(self, name: str, weight: Stacked) -> State:
        """The state of the stacked weight of this name, if the rule is not elementwise."""
        return self.start(weight)

    @abstractmethod
    def start(self, weight: Stacked) -> State:
        """The state of one stacked weight before the first step."""

    @abstractmethod
    def step(
        self, weight: Stacked, gradient: Stacked, state: State, rate: Stacked, decay: Stacked
    ) -> None:
        """Move one stacked weight and its state, in place.

        ``rate`` and ``decay`` hold one number a run, shaped to broadcast over the weight.
        """
