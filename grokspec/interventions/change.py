"""Another value of a number that may differ between runs: a rate, a decay, α and others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from grokspec.errors import suggestion
from grokspec.interventions.base import Intervention
from grokspec.kinds import Stackable
from grokspec.other_runs import FromRun

if TYPE_CHECKING:
    from grokspec.interventions.base import Described, Subject, Turn

TABLES = ("optimizer", "model", "training.loss")
"""The parts whose numbers are read at every step."""


class Change(Intervention):
    """Changes a number of the run, as if the spec had said so from then on.

    What follows from the number follows: with ``rate_over_alpha_squared``, α changes the rate, too.
    What is named is any number of the optimizer, the model or the loss that may differ within a
    stack. A number that only decides where training starts, like σ, is none of them.
    """

    kind: Literal["change"] = "change"
    field: Annotated[
        str, Field(description="Which number, by its path.", examples=["optimizer.weight_decay"])
    ]
    to: Annotated[
        float | FromRun,
        Stackable(),
        Field(
            description="Its value from then on, or one that another run has recorded.",
            examples=[0.0],
        ),
    ]

    def incompatibility(self, run: Described) -> str | None:
        table, _, name = self.field.rpartition(".")
        named, part = f'field = "{self.field}"', run.value_at(table) if table in TABLES else None
        if part is None:
            known = ", ".join(f"{table}.…" for table in TABLES)
            return f"{named}: no number that is read at every step; there are {known}"
        if name not in part.stackable_fields() or name in part.only_at_start:
            own = [n for n in part.stackable_fields() if n not in part.only_at_start]
            return f"{named}: no number that can change while a run trains; {suggestion(name, own)}"
        return self._why_no_value(run)

    def _why_no_value(self, run: Described) -> str | None:
        from pydantic import TypeAdapter, ValidationError

        if isinstance(self.to, FromRun):
            return None
        field = run.field_at(self.field)
        assert field is not None, "a stackable field is one"
        limits = (field.annotation, *field.metadata)
        limited: Any = Annotated[limits]
        try:
            TypeAdapter(limited).validate_python(self.to)
        except ValidationError as error:
            return f"{self.field} = {self.to:g}: {error.errors()[0]['msg']}"
        return None

    def act(self, subject: Subject, turn: Turn) -> None:
        """Only the first time: then it is done."""
        wanted, acting = turn.numbers["to"].tolist(), turn.first.tolist()
        values = [number if acts else None for number, acts in zip(wanted, acting, strict=True)]
        subject.change(self.field, values)
