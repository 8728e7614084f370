"""What a spec may say: pydantic models of one experiment and of the sweep and figure around it."""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, field_validator, model_validator

from grokspec.engines.base import Engine
from grokspec.errors import GrokspecError, suggestion
from grokspec.figures.base import Figure
from grokspec.kinds import Described, discover, refusal
from grokspec.models.base import Model
from grokspec.optimizers.base import Optimizer
from grokspec.probes.base import Probe
from grokspec.spec.sweep import Sweep
from grokspec.tasks.base import Task

discover()  # a family's alternatives must be known before the schema below is built


def _probe_by_name(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


NamedProbe = Annotated[
    Probe,
    BeforeValidator(_probe_by_name, json_schema_input_type=str | Probe),
]


class LogSteps(Described):
    """Recorded steps that lie evenly on a logarithmic axis."""

    log: Annotated[
        int, Field(ge=0, description="How many between the first step (0) and the last.")
    ]


class Record(Described):
    """What is written down while a run trains."""

    steps: Annotated[LogSteps, Field(description="Which steps are recorded.")] = LogSteps(log=40)
    probes: Annotated[
        tuple[NamedProbe, ...],
        Field(strict=False, min_length=1, description="What is taken at each recorded step."),
    ]


class Training(Described):
    """How long a run trains, on what loss, in which precision."""

    steps: Annotated[int, Field(ge=1, description="Number of optimizer steps.", examples=[4000])]
    loss: Annotated[
        Literal["mse", "cross_entropy"],
        Field(description="Mean squared error, or softmax cross-entropy; a mean over examples."),
    ] = "mse"
    batch: Annotated[
        int | None, Field(ge=1, description="Examples a step; the whole training set if left out.")
    ] = None
    fresh: Annotated[
        bool, Field(description="Draw new training examples at every step, as many as the task's.")
    ] = False
    precision: Annotated[
        Literal["float32", "float64"], Field(description="Floating-point type of the training.")
    ] = "float64"


class Experiment(Described):
    """One run's whole description: one point of a sweep and one seed."""

    task: Annotated[Task, Field(description="The data distribution.")]
    model: Annotated[Model, Field(description="The architecture and its initial weights.")]
    optimizer: Annotated[Optimizer, Field(description="The rule that moves the weights.")]
    training: Training
    record: Record
    engine: Annotated[
        str, Field(description='How runs are trained: "auto" takes the fastest that applies.')
    ] = "auto"
    seed: Annotated[int, Field(ge=0, description="Keys every random draw of the run.")] = 0

    @field_validator("engine")
    @classmethod
    def _engine_exists(cls, name: str) -> str:
        known = ["auto", *Engine.alternatives]
        if name not in known:
            raise refusal(f"not an engine; {suggestion(name, known)}")
        return name

    @model_validator(mode="after")
    def _parts_fit(self) -> Experiment:
        """Refuse parts that do not go together."""
        if reason := self.model.refuses(self.task):
            raise refusal(reason, "model")
        if reason := self.model.refuses_file(self.task):
            raise refusal(reason, "model", "weights_file")
        if self.task.has_tokens and not self.model.takes_tokens:
            raise refusal(
                f'inputs are whole numbers, of which model "{self.model.kind}" cannot make sense; '
                f"{self.task.instead_of_tokens}",
                "task",
            )
        if self.training.fresh and self.training.batch is not None:
            raise refusal("batch is part of a training set, of which fresh has none", "training")
        if self.training.fresh and not (self.task.endless and self.task.eigenvector is None):
            raise refusal("task has no fresh examples to draw", "training", "fresh")
        return self

    @model_validator(mode="after")
    def _choose_engine(self) -> Experiment:
        """Resolve "auto", and refuse what cannot be trained or recorded."""
        chosen = _engine_for(self)
        # A frozen model is resolved once, here, before anybody has seen it.
        object.__setattr__(self, "engine", chosen.kind)
        for position, probe in enumerate(self.record.probes):
            if reason := probe.refuses(self):
                raise refusal(reason, "record", "probes", position)
        return self

    @property
    def trainer(self) -> Engine:
        """The engine that trains this run."""
        return engine_named(self.engine)

    @property
    def recorded_steps(self) -> tuple[int, ...]:
        """The steps at which probes are taken: 0, the last, and log-spaced ones between."""
        last, between = self.training.steps, self.record.steps.log
        inner = {round(last ** (i / (between + 1))) for i in range(between + 1)}
        return tuple(sorted({0, last} | inner))

    @property
    def identity(self) -> str:
        """Hash of what this run is: the resolved description and the semantics of its kinds.

        Order of keys, comments, the file's name and the other points of the sweep do not enter.
        """
        parts = (self.task, self.model, self.optimizer, self.trainer, *self.record.probes)
        meaning = [part.semantics for part in parts]
        text = json.dumps([self.model_dump(mode="json"), meaning], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def stack_key(self) -> str:
        """Equal for the runs that one stack may hold: all but seed and stackable fields."""
        shape = self.model_dump(mode="json", exclude={"seed"})
        for name in ("task", "model", "optimizer"):
            for field in getattr(self, name).stackable_fields():
                shape[name].pop(field)
        return json.dumps(shape, sort_keys=True)


class Spec(Experiment):
    """A whole spec file after ``extends`` and the profile are applied."""

    model_config = ConfigDict(title="grokspec")

    sweep: Annotated[Sweep, Field(description="The axes; none is a single run.")] = Sweep()
    figure: Annotated[
        Figure | None, Field(description="What `grokspec figure` draws of the results.")
    ] = None


@functools.cache
def engine_named(name: str) -> Engine:
    """The engine of that name, or a GrokspecError that lists those there are."""
    discover()
    if name not in Engine.alternatives:
        known = ", ".join(sorted(Engine.alternatives))
        raise GrokspecError(f"engine = {name!r}: not an engine; there are auto, {known}")
    engine = Engine.alternatives[name](kind=name)
    assert isinstance(engine, Engine), "a family's alternatives derive from it"
    return engine


def _engine_for(experiment: Experiment) -> Engine:
    discover()
    if experiment.engine != "auto":
        engine = engine_named(experiment.engine)
        if reason := _objection(engine, experiment):
            raise refusal(reason, "engine")
        return engine
    engines = sorted(map(engine_named, Engine.alternatives), key=lambda e: -e.preference)
    objections = {e: _objection(e, experiment) for e in engines}
    for engine, reason in objections.items():
        if reason is None:
            return engine
    told = "; ".join(f'"{e.kind}" {reason}' for e, reason in objections.items())
    raise refusal(f"none can train this: {told}", "engine")


def _objection(engine: Engine, experiment: Experiment) -> str | None:
    if reason := engine.refuses(experiment):
        return reason
    for probe in experiment.record.probes:
        if missing := probe.needs - engine.offers(experiment):
            return (
                f'does not offer the {", ".join(sorted(missing))} that probe "{probe.kind}" reads'
            )
    return None
