"""What an intervention is: a change to a training, at a step, from a step on, or on a condition."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

from pydantic import Field, model_validator

from grokspec.conditions import Condition
from grokspec.kinds import LARGEST_NUMBER, Kind, invalid

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Bool
    from pydantic.fields import FieldInfo
    from torch import Tensor

    from grokspec.models.base import Model
    from grokspec.shapes import Scalars, Weights
    from grokspec.tasks.base import Data, Task

    Runs = Bool[Tensor, " run"]
    """Some runs of a stack."""

Step = Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]


class Described(Protocol):
    """What an intervention may ask about the run that it is part of."""

    @property
    def task(self) -> Task: ...
    @property
    def model(self) -> Model: ...
    def value_at(self, path: str) -> Any: ...
    def field_at(self, path: str) -> FieldInfo | None: ...


class Subject(Protocol):
    """A stack between two steps, as an intervention may change it."""

    @property
    def weights(self) -> Weights:
        """The weights [run, ...] by name, to be changed in place."""

    @property
    def initial(self) -> Weights:
        """Those that training started from."""

    @property
    def stack(self) -> Sequence[Described]:
        """The description of each run, with the numbers that hold now."""

    @property
    def data(self) -> Sequence[Data]:
        """The data set of each run."""

    def seed_of(self, run: int) -> int: ...

    def train_on(self, data: Sequence[Data]) -> None:
        """Use other data sets, one a run, from the next step on; all of the same sizes."""

    def change(self, path: str, values: Sequence[float | None]) -> None:
        """Put another number into the description of each run that has one here."""


@dataclass
class Turn:
    """An intervention's turn: in which runs of the stack it acts, and with what."""

    runs: Runs
    """The runs to act in; the others have to stay as they are, bit for bit."""
    first: Runs
    """Those of them in which it acts for the first time."""
    numbers: Scalars
    """The stackable fields of the intervention in each run, by name; NaN where one is None."""
    sources: Sequence[np.random.Generator]
    """What each run draws random numbers from."""
    memory: dict[str, Tensor] = field(default_factory=dict)
    """What it keeps from turn to turn, [run, ...]."""

    @property
    def positions(self) -> list[int]:
        """The positions of the runs to act in."""
        return [int(run) for run in self.runs.nonzero()[:, 0]]

    def remember(self, name: str, values: Tensor) -> Tensor:
        """What was remembered by this name; in runs where this is the first turn, ``values``."""
        import torch

        known = self.memory.get(name, values)
        self.memory[name] = torch.where(along(self.first, values), values, known)
        return self.memory[name]


class Intervention(Kind, family="intervention"):
    """The base of every intervention.

    It acts once, after ``at`` steps or when a condition holds, or with ``every`` again and again
    from then on. What is recorded of a step is recorded after it has acted. Several interventions
    of one step act in the order of the spec; the conditions of all are looked at before the first.

    Take stackable fields from the turn's ``numbers`` and not from ``self``, which is the
    intervention of the first run of a stack.
    """

    at: Annotated[
        Step | None,
        Field(description="After how many steps it acts; by default 0, before the first."),
    ] = None
    when: Annotated[
        Condition | None, Field(description="A condition; it acts as soon as it holds.")
    ] = None
    every: Annotated[
        int | None,
        Field(
            ge=1,
            le=LARGEST_NUMBER,
            description="Act again after every so many steps: 1 is at each step from then on. By "
            "default it acts once.",
        ),
    ] = None
    last: Annotated[
        Step | None, Field(description="After how many steps it acts for the last time.")
    ] = None

    changes_data: ClassVar[bool] = False
    """Whether it changes the data set, which is only there if all steps train on one."""

    changes_sizes: ClassVar[bool] = False
    """Whether the training and the test set have other sizes afterwards."""

    @model_validator(mode="after")
    def _timing_is_one(self) -> Intervention:
        if self.at is not None and self.when is not None:
            raise invalid("is after a number of steps, and when is a condition; give one", "at")
        if self.last is not None and self.every is None:
            raise invalid("is for what acts again; give every, too", "last")
        if self.last is not None and self.last < self.first_step:
            raise invalid(f"must be at least {self.first_step}, where it acts first", "last")
        return self

    @property
    def first_step(self) -> int:
        """The step before which it does not act."""
        return self.at or 0

    def incompatibility(self, run: Described) -> str | None:
        """Why it cannot act in a run, as far as the description shows, or None."""
        return None

    @abstractmethod
    def act(self, subject: Subject, turn: Turn) -> None:
        """Change the stack in the runs of the turn."""


def along(numbers: Tensor, like: Tensor) -> Tensor:
    """One number a run [run], shaped to broadcast over [run, ...]."""
    return numbers.view(-1, *(1,) * (like.ndim - 1))
