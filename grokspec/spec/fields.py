"""The fields of a run by their dotted paths, to find one by a part or a misspelled part of it."""

from __future__ import annotations

from typing import Any

from grokspec.errors import nearest
from grokspec.experiment import Experiment
from grokspec.spec.locations import Location, fields_of


def similar_field(written: str, data: dict[str, Any]) -> str | None:
    """The path of the field whose last part is, or is most like, that of a path; None if none is.

    The fields are those of the kinds that a document names.
    """
    last = written.rpartition(".")[2]
    by_last: dict[str, str] = {}
    for path in _paths(data):
        by_last.setdefault(path.rpartition(".")[2], path)
    found = last if last in by_last else nearest(last, by_last)
    return by_last[found] if found else None


def _paths(data: dict[str, Any]) -> list[str]:
    """The fields of an experiment, then those of its parts, but no kinds."""
    root = Location((), data, Experiment)
    found = list(fields_of(Experiment))
    for name in fields_of(Experiment):
        table = root.step(name).table
        found += [f"{name}.{inner}" for inner in (fields_of(table) if table else ())]
    return [*(path for path in found if not path.endswith(".kind")), "record.steps.log"]
