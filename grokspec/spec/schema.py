"""The schema of a spec: an experiment, its sweep and its figure."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from grokspec.experiment import Experiment
from grokspec.figures.base import Figure
from grokspec.function import FunctionCall
from grokspec.kinds import SpecModel, invalid
from grokspec.recorded.results_table import RecordedResults
from grokspec.spec.sweep import Sweep

Parts = Annotated[
    tuple[str, ...],
    Field(
        strict=False,
        description="Python files whose kinds and measures the spec may choose; they are run.",
        examples=[["my_parts.py"]],
    ),
]


def _taken_away(figure: Any) -> Any:
    """No figure for ``false``, with which a spec drops that of its base."""
    if figure is True:
        raise invalid("must be a table with a kind, or false to drop the figure of the base")
    return None if figure is False else figure


class _OrFalse:
    """Lets the JSON Schema of a field take ``false``, too."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        own = handler(schema)
        return {**own, "anyOf": [*own["anyOf"], {"const": False}]}


Drawn = Annotated[
    Figure | None,
    BeforeValidator(_taken_away),
    _OrFalse(),
    Field(description="What `grokspec figure` draws; false drops the figure of the base."),
]


class Spec(Experiment):
    """A whole spec file after ``extends`` and the profile are applied."""

    model_config = ConfigDict(title="grokspec")

    parts_files: Annotated[Parts, Field(alias="parts")] = ()
    sweep: Annotated[Sweep, Field(description="The axes; none is a single run.")] = Sweep()
    figure: Drawn = None


class FunctionSpec(FunctionCall):
    """A spec whose runs are calls of a function, with the keys of ``[function]`` at the top."""

    model_config = ConfigDict(title="grokspec", defer_build=True)

    parts_files: Annotated[Parts, Field(alias="parts")] = ()
    sweep: Annotated[Sweep, Field(description="The axes; none is a single run.")] = Sweep()
    figure: Drawn = None


class ResultsSpec(SpecModel):
    """A spec whose runs were recorded elsewhere; their axes are in the files."""

    model_config = ConfigDict(defer_build=True)

    sweep: ClassVar[Sweep] = Sweep()

    parts_files: Annotated[Parts, Field(alias="parts")] = ()
    results: RecordedResults
    figure: Drawn = None
