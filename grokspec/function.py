"""A run that is one call of a training function of the user's own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from grokspec.description import Description
from grokspec.files.python import Arguments, PythonName, check_arguments
from grokspec.kinds import SpecModel, invalid

PROVIDED = ("seed", "log", "device")
"""What a function is given besides its arguments, if it has parameters of these names."""


class FunctionCall(Description):
    """A training function, its arguments and a seed.

    The function is called as ``train(**arguments, seed=…, log=…, device=…)``, with those of the
    last three for which it has a parameter. It has to have ``log``, or nothing would be recorded.
    """

    call: Annotated[
        PythonName,
        Field(description="The function, and its file.", examples=["train.py:train"]),
    ]
    arguments: Annotated[
        Arguments,
        Field(default_factory=dict, description="What the function is called with, by name."),
    ]
    seed: Annotated[
        int,
        Field(ge=0, description="The seed of all random draws, and an argument if asked for."),
    ] = 0

    @model_validator(mode="after")
    def _arguments_fit(self) -> FunctionCall:
        check_arguments(self.call, self.arguments, PROVIDED)
        found = self.call.parameters()
        if found is not None and not found.takes_any and "log" not in found.names:
            raise invalid(
                f"{self.call.name} has no parameter log, so nothing would be recorded; add it, "
                "and call log(step, train_loss=…) in the loop",
                "call",
            )
        return self

    @property
    def engine(self) -> str:
        """The one that calls functions."""
        return "function"

    @property
    def parts(self) -> tuple[SpecModel, ...]:
        return (self,)
