"""The forms of a spec: its runs are trained from parts, or by a function of the user's own.

A third form has no sweep: its runs were recorded elsewhere, see `recorded_runs`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from grokspec.description import Description
from grokspec.experiment import Experiment
from grokspec.function import FunctionCall
from grokspec.spec.schema import FunctionSpec, ResultsSpec, Spec
from grokspec.spec.source import KeyPath

TrainedSpec = Spec | FunctionSpec
AnySpec = TrainedSpec | ResultsSpec


@dataclass(frozen=True)
class Form:
    """What a document is checked against: the schema of the whole, and that of one run.

    The keys of the table ``section``, if the form has one, are fields of the run itself, and
    ``inside`` are those that the document has there.
    """

    whole: type[Spec] | type[FunctionSpec]
    run: type[Description]
    section: str = ""
    inside: frozenset[str] = field(default=frozenset())

    def written_at(self, path: KeyPath) -> KeyPath:
        """Where in the document a path of the run is."""
        if self.section and (not path or path[0] in self.inside):
            return (self.section, *path)
        return path


FROM_PARTS = Form(Spec, Experiment)


def form_of(data: dict[str, Any]) -> tuple[Form, dict[str, Any]]:
    """The form of a document, and its data with the fields of a run at the top."""
    table = data.get("function")
    if not isinstance(table, dict):
        return FROM_PARTS, data
    form = Form(FunctionSpec, FunctionCall, "function", frozenset(table))
    return form, {**{k: v for k, v in data.items() if k != "function"}, **table}
