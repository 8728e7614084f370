"""Trains by calling a function of the user's own, once a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from grokspec.engines.base import Cost, Engine, History, StepCallback

if TYPE_CHECKING:
    from grokspec.function import FunctionCall

UNKNOWN = Cost(flops=1.0, memory=0.0, is_known=False)
"""What a call costs shows only when it is made, so calls count as equal."""


class FunctionEngine(Engine):
    """Calls the function of each run, one after the other.

    Before each call the global generators of Python, numpy and torch start from the run's seed.
    """

    kind: Literal["function"] = "function"

    trains_parts: ClassVar[bool] = False

    def incompatibility(self, experiment: Any) -> str | None:
        if not hasattr(experiment, "call"):
            return "calls a training function, which a spec names in [function]"
        return None

    def cost(self, experiment: FunctionCall) -> Cost:
        return UNKNOWN

    def train(
        self, stack: Sequence[FunctionCall], device: str, progress: StepCallback | None = None
    ) -> list[History]:
        """Call the function once a run.

        Raises a UserCodeError with the traceback from the user's file on if it raises an exception,
        and a GrokspecError if what it logs is wrong.
        """
        from grokspec.engines.function.calling import history_of

        return [history_of(call, device) for call in stack]
