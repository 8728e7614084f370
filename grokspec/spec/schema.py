"""The schema of a spec: an experiment, its sweep and its figure."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from grokspec.experiment import Experiment
from grokspec.figures.base import Figure
from grokspec.spec.sweep import Sweep


class Spec(Experiment):
    """A whole spec file after ``extends`` and the profile are applied."""

    model_config = ConfigDict(title="grokspec")

    sweep: Annotated[Sweep, Field(description="The axes; none is a single run.")] = Sweep()
    figure: Annotated[Figure | None, Field(description="What `grokspec figure` draws.")] = None
