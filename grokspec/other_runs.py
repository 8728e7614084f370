"""A number that a run takes from another run of its spec and seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from grokspec.kinds import SpecModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np


class FromRun(SpecModel):
    """A number that another run has recorded.

    The other run is like this one, but for what ``run`` says:
    ``{ run = { interventions = {} }, quantity = "total_norm", when = { test_accuracy = 0.99 } }``.
    It has to be one of the spec's, and is trained before.
    """

    run: Annotated[
        dict[str, Any],
        Field(
            min_length=1,
            description="What the other run has otherwise: values by their dotted paths, like "
            "those of an axis.",
            examples=[{"interventions": {}}],
        ),
    ]
    quantity: Annotated[
        str, Field(description="A quantity that it records.", examples=["total_norm"])
    ]
    when: Annotated[
        dict[str, float],
        Field(
            default_factory=dict,
            description="Levels of recorded quantities. The number is that of the first record at "
            "which all are reached, so on the other side of them than at the start; without any, "
            "that of the last.",
        ),
    ]

    @property
    def quantities(self) -> tuple[str, ...]:
        """What the other run has to record."""
        return (self.quantity, *self.when)

    def number_in(self, recorded: Mapping[str, np.ndarray]) -> float | None:
        """The number, from quantities [record]; None if it does not exist or is not finite."""
        import numpy as np

        values = recorded[self.quantity]
        reached = np.ones(len(values), dtype=bool)
        for name, level in self.when.items():
            above = recorded[name] - level
            reached &= above * above[0] <= 0
        at = int(reached.argmax()) if self.when else len(reached) - 1
        return float(values[at]) if reached[at] and np.isfinite(values[at]) else None

    @property
    def why_none(self) -> str:
        """Why there is no number, in words."""
        levels = ", ".join(f"{name} = {level:g}" for name, level in self.when.items())
        reached = f"never reached {levels}" if levels else "has no finite number at its end"
        return f"the run that {self.quantity} comes from {reached}"
