"""A run that is one call of a training function of the user's own."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from grokspec.description import Description
from grokspec.errors import suggestion
from grokspec.files.python import PythonName
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
        dict[str, Any],
        Field(default_factory=dict, description="What the function is called with, by name."),
    ]
    seed: Annotated[
        int,
        Field(ge=0, description="The seed of all random draws, and an argument if asked for."),
    ] = 0

    @field_validator("arguments")
    @classmethod
    def _plain(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        """The values as the function gets them, without what a spec knows of its texts."""
        return {name: _plain(value) for name, value in arguments.items()}

    @model_validator(mode="after")
    def _arguments_fit(self) -> FunctionCall:
        for name in self.arguments:
            if name in PROVIDED:
                raise invalid(f"grokspec gives {name}; remove it here", "arguments", name)
            if not name.isidentifier():
                raise invalid("no parameter has such a name", "arguments", name)
        if (found := self.call.parameters()) is None:
            return self
        if not found.takes_any:
            if "log" not in found.names:
                raise invalid(
                    f"{self.call.name} has no parameter log, so nothing would be recorded; add it, "
                    "and call log(step, train_loss=…) in the loop",
                    "call",
                )
            for name in self.arguments:
                if name not in found.names:
                    known = [known for known in found.names if known not in PROVIDED]
                    remedy = suggestion(name, known, none="it has none of its own")
                    raise invalid(
                        f"{self.call.name} has no such parameter; {remedy}", "arguments", name
                    )
        if missing := [n for n in found.required if n not in (*self.arguments, *PROVIDED)]:
            raise invalid(
                f"{self.call.name} needs {', '.join(missing)} as well; give a value, here or on an "
                "axis of the sweep",
                "arguments",
            )
        return self

    @property
    def engine(self) -> str:
        """The one that calls functions."""
        return "function"

    @property
    def parts(self) -> tuple[SpecModel, ...]:
        return (self,)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value
