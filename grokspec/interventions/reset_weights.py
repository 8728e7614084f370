"""Weights that start anew: a layer that unlearns what it had learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.interventions._of_weights import OfWeights, put

if TYPE_CHECKING:
    from grokspec.interventions.base import Subject, Turn
    from grokspec.shapes import Weights


class ResetWeights(OfWeights):
    """Sets weights to their initial values, or to others that are drawn like these.

    What the optimizer remembers stays as it is. Fresh weights of a run are its own, different at
    every turn.
    """

    kind: Literal["reset_weights"] = "reset_weights"
    to: Annotated[
        Literal["initial", "fresh"], Field(description="The initial weights, or fresh ones.")
    ] = "initial"

    def act(self, subject: Subject, turn: Turn) -> None:
        chosen = self.chosen(subject.weights)
        values = subject.initial if self.to == "initial" else self._fresh(subject, turn, chosen)
        for name, weight in chosen.items():
            put(turn, weight, values[name])

    @staticmethod
    def _fresh(subject: Subject, turn: Turn, chosen: Weights) -> Weights:
        """Weights that are drawn for the runs of the turn, one after the other as at the start."""
        values = {name: weight.clone() for name, weight in chosen.items()}
        for run in turn.positions:
            seed = int(turn.sources[run].integers(2**31))
            drawn = subject.stack[run].model.initial_weights(subject.data[run], seed)
            for name, weight in values.items():
                weight[run] = weight.new_tensor(drawn[name])
        return values
