"""The whole description of a run: what is trained, what is recorded, and by which engine."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from grokspec.conditions import Condition
from grokspec.errors import suggestion
from grokspec.kinds import (
    IN_FULL,
    Kind,
    SpecModel,
    discover,
    invalid,
    kinds_in,
    orders_in,
    values_in,
)
from grokspec.other_runs import FromRun
from grokspec.probes.base import Probe, probes_by_quantity
from grokspec.steps import Steps
from grokspec.training import Setup

discover()  # a spec may name any kind


def _probe_by_name(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


NamedProbe = Annotated[
    Probe,
    BeforeValidator(_probe_by_name, json_schema_input_type=str | Probe),
]


class Record(SpecModel):
    """What is recorded while a run trains."""

    steps: Annotated[
        Steps,
        Field(
            description="Which steps are recorded: { log = 40 }, { linear = 40 }, { every = 100 } "
            "or a list of steps."
        ),
    ] = Steps(log=40)
    weights: Annotated[
        Literal["last", "recorded"] | Steps | None,
        Field(
            description="At which steps the weights themselves are kept: the last, every recorded "
            "one, or steps as above; by default at none."
        ),
    ] = None
    probes: Annotated[
        tuple[NamedProbe, ...],
        Field(strict=False, min_length=1, description="What is recorded at each of these steps."),
    ]


class Experiment(Setup):
    """One point of a sweep and one seed."""

    record: Record
    engine: Annotated[
        str, Field(description='How runs are trained; "auto" chooses the fastest engine that can.')
    ] = "auto"
    _watched: dict[str, Probe] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _probes_fit(self) -> Experiment:
        taken: dict[str, int] = {}
        for position, probe in enumerate(self.record.probes):
            for name in probe.quantities_of(self):
                if (first := taken.setdefault(name, position)) != position:
                    raise invalid(
                        f'takes {name}, which probe {first} ("{self.record.probes[first].kind}") '
                        "takes too; remove one of them",
                        "record",
                        "probes",
                        position,
                    )
            if reason := probe.incompatibility(self) or self._why_no_examples(probe):
                raise invalid(reason, "record", "probes", position)
        return self

    def _why_no_examples(self, probe: Probe) -> str | None:
        """Why single examples cannot be recorded, if a probe would."""
        resizing = [name for name, own in self.interventions.items() if own.changes_sizes]
        single = any("example" in d for dims in probe.dimensions_of(self).values() for d in dims)
        if not (resizing and single):
            return None
        return f"records single examples, and intervention {resizing[0]} changes how many there are"

    @model_validator(mode="after")
    def _conditions_fit(self) -> Experiment:
        if self.training.until is None and not self.interventions:
            return self  # a spec may have thousands of runs
        known = probes_by_quantity()
        for path, condition in values_in(self, Condition):
            for name in condition.levels:
                if reason := self._why_not_watched(name, known):
                    raise invalid(reason, *path.split("."), name)
                self._watched[name] = known[name]
        return self

    def _why_not_watched(self, name: str, known: Mapping[str, Probe]) -> str | None:
        """Why no condition can be on a quantity, or None if one can."""
        if name not in known:
            others = (*(n for n, p in known.items() if not p.once), *Condition.model_fields)
            return f"no probe takes a quantity of this name; {suggestion(name, others)}"
        probe = known[name]
        if probe.once:
            return f'probe "{probe.kind}" takes it once, at the start; name one that changes'
        if name in probe.dimensions:
            return "has several numbers a run, and a level is for one; name another quantity"
        reason = probe.incompatibility(self)
        return f'probe "{probe.kind}", which takes it, {reason}' if reason else None

    @property
    def watched(self) -> Mapping[str, Probe]:
        """The quantities that conditions are on, each with the probe that takes it."""
        return self._watched

    @property
    def probes(self) -> tuple[Probe, ...]:
        """What is taken while the run trains: to be recorded, or for conditions."""
        return (*self.record.probes, *dict.fromkeys(self.watched.values()))

    @property
    def parts(self) -> tuple[Kind, ...]:
        return (*self.moving_parts, *self.record.probes)

    @property
    def recorded_probes(self) -> tuple[Probe, ...]:
        return self.record.probes

    @property
    def moving_parts(self) -> tuple[Kind, ...]:
        return (*(part for _, part in kinds_in(self)), *dict.fromkeys(self.watched.values()))

    def with_value(self, path: str, value: Any) -> Experiment:
        """The same description with another value of a field of one of its parts."""
        *tables, name = path.split(".")
        updated: Any = {name: value}
        for depth in range(len(tables), 0, -1):
            part = self.value_at(".".join(tables[:depth]))
            is_table = isinstance(part, dict)  # of parts by names of the user's
            new = {**part, **updated} if is_table else part.model_copy(update=updated)
            updated = {tables[depth - 1]: new}
        return self.model_copy(update=updated)

    def with_values(self, values: Mapping[str, Any]) -> Experiment:
        """The same description with other values of fields, by their paths."""
        found = self
        for path, value in values.items():
            found = found.with_value(path, value)
        return found

    @property
    def references(self) -> dict[str, FromRun]:
        """The numbers that come from other runs, by their paths."""
        return dict(values_in(self, FromRun)) if self.interventions else {}

    @property
    def needs(self) -> tuple[Experiment, ...]:
        return tuple(self.other(reference) for reference in self.references.values())

    def other(self, reference: FromRun) -> Experiment:
        """The run that a number comes from. Raises a ValidationError if there can be none."""
        described = self.model_dump(by_alias=True)
        for path, value in reference.run.items():
            *tables, name = path.split(".")
            _table_at(described, tables)[name] = value
        return type(self).model_validate(described)

    @property
    def described(self) -> dict[str, Any]:
        """The whole description; what changes nothing by default is left out where it is so."""
        described = super().described
        if self.training.until is None:
            del described["training"]["until"]
        if not self.interventions:
            del described["interventions"]
        if orders := self._orders:
            described["order"] = orders
        return described

    @property
    def _orders(self) -> dict[str, list[str]]:
        """The order of parts that have names of the user's, see `orders_in`."""
        named = self.interventions or self.optimizer.wrappers
        return dict(orders_in(self)) if named else {}

    @property
    def trajectory(self) -> dict[str, Any] | None:
        """All but what is recorded, and the number of steps unless something depends on it.

        None if a probe does not say beforehand what it records, and with numbers from other runs,
        which depend on what is recorded of those.
        """
        if self.quantities is None or self.references:
            return None
        described = self.described
        described.pop("record")
        if not self.may_end and not any(part.depends_on_length for part in self.moving_parts):
            described["training"].pop("steps")
        return described

    @property
    def shape(self) -> dict[str, Any]:
        """All but the seed and the stackable fields."""
        shape = self.model_dump(mode="json", by_alias=True, context=IN_FULL)
        shape["order"] = self._orders
        shape.pop("seed")
        for path in self._stackable:
            *tables, name = path.split(".")
            _table_at(shape, tables).pop(name)
        return shape

    @property
    def steps(self) -> int:
        return self.training.steps

    @property
    def may_end(self) -> bool:
        return self.training.until is not None

    @property
    def quantities(self) -> frozenset[str] | None:
        named = [probe.quantities_of(self) for probe in self.record.probes]
        return frozenset(name for names in named for name in names) if all(named) else None

    @property
    def records(self) -> int:
        return self.record.steps.count(self.training.steps)

    @property
    def kept_steps(self) -> tuple[int, ...]:
        """The steps at which the weights themselves are kept."""
        match self.record.weights:
            case None:
                return ()
            case "last":
                return (self.training.steps,)
            case "recorded":
                return self.recorded_steps
            case Steps() as steps:
                return steps.up_to(self.training.steps)

    @property
    def follows_from_weights(self) -> bool:
        """Whether what probes see at a step follows from the weights then."""
        alone = self.model.is_its_weights and not self.training.fresh
        return alone and not self.interventions

    @property
    def required(self) -> dict[str, frozenset[str]]:
        read = (*self.record.probes, *self.watched.values())
        by_probe = {f'probe "{probe.kind}"': probe.requires for probe in read}
        kept = {"record.weights": frozenset({"weights"})} if self.record.weights else {}
        return by_probe | kept

    @property
    def dimensions(self) -> Mapping[str, tuple[str, ...]]:
        """The names that probes give to the dimensions of their quantities after the record."""
        return {
            name: dims
            for probe in self.record.probes
            for name, dims in probe.dimensions_of(self).items()
        }

    @property
    def numbers(self) -> dict[str, Any]:
        """Those that come from other runs are not known here."""
        return {path: own for path, own in self._stackable.items() if not isinstance(own, FromRun)}

    @property
    def _stackable(self) -> dict[str, Any]:
        """The stackable fields of all parts, by their paths."""
        return {
            f"{path}.{name}": getattr(part, name)
            for path, part in kinds_in(self)
            for name in part.stackable_fields()
        }

    @property
    def learning_rate(self) -> float:
        return self.optimizer.learning_rate

    @property
    def samples_test_set(self) -> bool:
        return self.task.samples_test_set

    @property
    def recorded_steps(self) -> tuple[int, ...]:
        """The steps at which probes are taken."""
        return self.record.steps.up_to(self.training.steps)


def _table_at(described: dict[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """The table at a path of a description, new where there is none."""
    return functools.reduce(lambda table, name: table.setdefault(name, {}), path, described)
