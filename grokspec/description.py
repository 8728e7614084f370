"""What every run has, whoever trains it: a description, by which it is known and laid out.

`grokspec.experiment.Experiment` describes a run that is trained from parts,
`grokspec.function.FunctionCall` a call of a training function of the user's own.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from grokspec.kinds import Kind, SpecModel
from grokspec.other_runs import FromRun


class Description(SpecModel):
    """One point of a sweep and one seed. Its fields are what a spec says about the run."""

    if TYPE_CHECKING:  # of each its own
        seed: int

        @property
        def engine(self) -> str:
            """The name of the engine that trains the run."""

    @property
    def known_by(self) -> str:
        """The hash that identifies a run which is not trained here; empty for all others."""
        return ""

    @property
    def parts(self) -> tuple[SpecModel, ...]:
        """The parts whose code decides what is computed and recorded, without the engine."""
        raise NotImplementedError

    @property
    def recorded_probes(self) -> tuple[Kind, ...]:
        """What is taken at each recorded step, if that is by parts."""
        return ()

    @property
    def moving_parts(self) -> tuple[SpecModel, ...]:
        """The parts whose code decides how the weights move, without the engine."""
        return self.parts

    @property
    def trajectory(self) -> dict[str, Any] | None:
        """What of the description decides how the weights move, whatever is recorded of them.

        None if that is not apart from what is recorded.
        """
        return None

    @property
    def references(self) -> Mapping[str, FromRun]:
        """The numbers that come from other runs, by their paths."""
        return {}

    def with_values(self, values: Mapping[str, Any]) -> Description:
        """The same description with other values of fields, by their paths."""
        assert not values, "without references there are none"
        return self

    def other(self, reference: FromRun) -> Description:
        """The run that a number comes from."""
        raise NotImplementedError

    @property
    def needs(self) -> tuple[Description, ...]:
        """Other runs, whose results this one takes numbers from."""
        return ()

    @property
    def shape(self) -> dict[str, Any]:
        """What runs have in common that may be trained in one stack."""
        return self.described

    @property
    def described(self) -> dict[str, Any]:
        """The whole description in JSON's types, under the keys of a spec."""
        return self.model_dump(mode="json", by_alias=True)

    @property
    def steps(self) -> int | None:
        """How many steps a run takes; None if that is not known beforehand."""
        return None

    @property
    def may_end(self) -> bool:
        """Whether it may end before its last step."""
        return False

    @property
    def recorded_steps(self) -> tuple[int, ...]:
        """The steps at which something is recorded; none if they are not known beforehand."""
        return ()

    @property
    def quantities(self) -> frozenset[str] | None:
        """The names of what is recorded; None if they are not known beforehand."""
        return None

    @property
    def dimensions(self) -> Mapping[str, tuple[str, ...]]:
        """The names of a quantity's dimensions after the record, where they have names."""
        return {}

    @property
    def records(self) -> int:
        """About how many records there will be, to bound their number; 0 if that is not known."""
        return 0

    @property
    def required(self) -> dict[str, frozenset[str]]:
        """What an engine's snapshots must provide, by what reads it."""
        return {}

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers that have a name of their own in results, by path: α, σ and others."""
        return {}

    @property
    def learning_rate(self) -> float:
        """What training time is measured by; NaN if there is no such number."""
        return math.nan

    @property
    def samples_test_set(self) -> bool:
        """Whether ``test_loss`` is an estimate, from a sample of all inputs."""
        return False

    def value_at(self, path: str) -> Any:
        """The value at a dotted path; None if there is none."""
        found: Any = self
        for name in path.split("."):
            found = _inner(found, name)
        return found

    def field_at(self, path: str) -> FieldInfo | None:
        """The field at a dotted path; None for a key of a table that may have any."""
        table, _, last = path.rpartition(".")
        holder = self.value_at(table) if table else self
        return fields_of(type(holder)).get(last) if isinstance(holder, BaseModel) else None


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a table, by their keys in a document."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _inner(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    if not isinstance(value, BaseModel):
        return None
    return getattr(value, _names_of(type(value)).get(name, name), None)


@functools.lru_cache(maxsize=1024)
def _names_of(model: type[BaseModel]) -> dict[str, str]:
    """The attributes whose keys in a document are not their names, by key."""
    return {field.alias: name for name, field in model.model_fields.items() if field.alias}
