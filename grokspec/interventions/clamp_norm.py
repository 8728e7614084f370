"""Weights kept on a sphere, as in Omnigrok (Liu et al., 2023), or inside one.

On a sphere no weight decay can shrink them: how late a network generalizes can then be compared
between norms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from grokspec.interventions._of_weights import By, OfWeights, groups, norm_of, put
from grokspec.interventions.base import along
from grokspec.kinds import Stackable, invalid
from grokspec.other_runs import FromRun

if TYPE_CHECKING:
    from grokspec.interventions.base import Subject, Turn
    from grokspec.shapes import Scalar, Weights


Positive = Annotated[float, Field(gt=0)]


class ClampNorm(OfWeights):
    """Rescales weights to a norm, or to so many times one: that they once had, or another run.

    The norm is the Euclidean one, |w|. Weights that are all zero stay so.
    """

    kind: Literal["clamp_norm"] = "clamp_norm"
    norm: Annotated[
        Positive | FromRun | None,
        Stackable(),
        Field(
            description="The norm, or that with which ratio is multiplied: a number, or one that "
            "another run has recorded."
        ),
    ] = None
    ratio: Annotated[
        float | None,
        Stackable(),
        Field(gt=0, description="The norm, over the one given or that of the reference, of."),
    ] = None
    of: Annotated[
        Literal["initial", "start"],
        Field(
            description="What ratio is of where no norm is given: the initial weights, or those of "
            "the step at which this acts first."
        ),
    ] = "initial"
    by: By = "all"
    only_above: Annotated[
        bool, Field(description="Leave weights of a smaller norm as they are.")
    ] = False

    @model_validator(mode="after")
    def _has_a_norm(self) -> ClampNorm:
        if self.norm is None and self.ratio is None:
            raise invalid("has neither norm nor ratio; give one of them")
        return self

    def act(self, subject: Subject, turn: Turn) -> None:
        chosen = self.chosen(subject.weights)
        for number, weights in enumerate(groups(chosen, self.by)):
            now = norm_of(weights)
            wanted = self._wanted(subject, turn, weights, now, f"{number}")
            factor = (wanted / now).where(now > 0, 1.0)
            if self.only_above:
                factor = factor.clamp(max=1.0)
            for weight in weights.values():
                put(turn, weight, along(factor, weight) * weight)

    def _wanted(
        self, subject: Subject, turn: Turn, weights: Weights, now: Scalar, name: str
    ) -> Scalar:
        """The norm that some weights get, [run]."""
        if self.of == "start":
            reference = turn.remember(name, now)
        else:
            reference = norm_of({name: subject.initial[name] for name in weights})
        given, ratio = turn.numbers["norm"], turn.numbers["ratio"]
        return ratio.nan_to_num(1.0) * given.where(~given.isnan(), reference)
