"""What is trained: a task, a model, an optimizer, the training and the seed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from grokspec.conditions import Condition
from grokspec.description import Description
from grokspec.interventions.base import Intervention
from grokspec.kinds import SpecModel, invalid
from grokspec.losses.base import NamedLoss
from grokspec.losses.mean_squared_error import MeanSquaredError
from grokspec.models.base import Model
from grokspec.optimizers.base import Optimizer
from grokspec.tasks.base import Task


class Training(SpecModel):
    """How long a run trains, on which loss and in which precision."""

    steps: Annotated[
        int,
        Field(
            ge=1,
            le=10**12,
            description="Number of optimizer steps; with until, the most there are.",
            examples=[4000],
        ),
    ]
    until: Annotated[
        Condition | None,
        Field(description="When a run ends before its last step; by default it does not."),
    ] = None
    loss: Annotated[
        NamedLoss,
        Field(
            description="What is made small: one of the losses, by its name or as a table with its "
            "settings; or a function of outputs and targets, both [example, output], that returns "
            'one number: "my_parts.py:hinge".'
        ),
    ] = MeanSquaredError()
    batch: Annotated[
        int | None, Field(ge=1, description="Examples per step; by default the whole training set.")
    ] = None
    fresh: Annotated[
        bool,
        Field(description="Draw new training examples at every step, as many as the task has."),
    ] = False
    batches: Annotated[
        Literal["epochs", "replacement"],
        Field(
            description="How the examples of a batch are drawn: from a random order that is drawn "
            "anew for every pass, or each by itself, so that one may come twice."
        ),
    ] = "epochs"
    precision: Annotated[
        Literal["float32", "float64"], Field(description="Floating-point type of the training.")
    ] = "float64"


class Setup(Description):
    """What a run trains, without the engine and what is recorded."""

    model_config = ConfigDict(defer_build=True)  # an Experiment is built in its place

    task: Annotated[Task, Field(description="The data distribution.")]
    model: Annotated[Model, Field(description="The architecture and its initial weights.")]
    optimizer: Annotated[Optimizer, Field(description="The rule that moves the weights.")]
    training: Training
    interventions: Annotated[
        dict[str, Intervention],
        Field(
            default_factory=dict,
            description="Changes to the training while it goes on, each by a name of your own. "
            "They act in this order.",
        ),
    ]
    seed: Annotated[int, Field(ge=0, description="The seed of all random draws of the run.")] = 0

    @model_validator(mode="after")
    def _parts_fit(self) -> Setup:
        if reason := self.model.incompatibility(self.task):
            raise invalid(reason, "model")
        if reason := self.model.incompatibility_of_file(self.task):
            raise invalid(reason, "model", "weights_file")
        if self.task.has_tokens and not self.model.takes_tokens:
            raise invalid(
                f'inputs are whole numbers, which model "{self.model.kind}" cannot take; '
                f"{self.task.remedy_for_tokens}",
                "task",
            )
        self._values_fit()
        self._patterns_fit()
        self._interventions_fit()
        if self.training.fresh and self.training.batch is not None:
            raise invalid(
                "batch is part of a training set, but with fresh there is none; remove one of them",
                "training",
            )
        if self.training.batches == "replacement" and self.training.batch is None:
            raise invalid(
                "draws each example of a batch by itself, so it needs batch, the number of these",
                "training",
                "batches",
            )
        if self.training.fresh and not (self.task.online and self.task.eigenvector is None):
            raise invalid(
                "this task cannot draw new examples; remove fresh, or choose another task",
                "training",
                "fresh",
            )
        return self

    def _patterns_fit(self) -> None:
        """Check that the optimizer names weights that there are, if they are known by now."""
        model, task = self.model, self.task
        if not any(self.optimizer.patterns.values()):
            return
        if model.weights_are_known and not model.why_no_weights():
            names = model.weight_shapes(task.input_size, task.output_size)
            if wrong := self.optimizer.why_no_such_weights(names):
                raise invalid(wrong[1], "optimizer", wrong[0])

    def _interventions_fit(self) -> None:
        for name, intervention in self.interventions.items():
            at = "interventions", name
            if "." in name:
                raise invalid("write the name of an intervention without dots", *at)
            if intervention.first_step > self.training.steps:
                raise invalid(
                    f"is after the last step, {self.training.steps:,}; act before, or train longer",
                    *at,
                    "at",
                )
            if intervention.changes_data and self.training.fresh:
                raise invalid(
                    "changes the training set, and with training.fresh there is none", *at
                )
            if reason := intervention.incompatibility(self):
                raise invalid(reason, *at)

    def _values_fit(self) -> None:
        """Check what inputs and targets mean, as far as that is known before they are drawn."""
        if why := self.training.loss.incompatibility(self.task):
            raise invalid(why, "training", "loss")
        size = self.model.vocabulary(self.task) if self.task.has_tokens else None
        if size is not None and (why := self.task.why_no_tokens(size)):
            raise invalid(f"{why}; {tokens_in_words(self.model, size)}", "task")


def tokens_in_words(model: Model, size: int) -> str:
    """Rule and remedy for tokens that a model does not have."""
    return (
        f'model "{model.kind}" reads tokens from 0 to {size - 1}; number tokens from 0, or '
        f"{model.remedy_for_vocabulary}"
    )
