"""The fields of a run by their dotted paths, to find one by a part or a misspelled part of it."""

from __future__ import annotations

from typing import Any

from grokspec.description import Description, fields_of
from grokspec.errors import nearest
from grokspec.spec.locations import Location

OF_THE_WHOLE = ("sweep", "figure")
"""The tables of a spec that describe no run."""


def similar_field(written: str, data: dict[str, Any], run: type[Description]) -> str | None:
    """The path of the field whose last part is, or is most like, that of a path; None if none is.

    The fields are those of a ``run``, with the kinds that a document names.
    """
    last = written.rpartition(".")[2]
    by_last: dict[str, str] = {}
    for path in _paths(data, run):
        by_last.setdefault(path.rpartition(".")[2], path)
    found = last if last in by_last else nearest(last, by_last)
    return by_last[found] if found else None


def _paths(data: dict[str, Any], run: type[Description]) -> list[str]:
    """The fields of a run, then those of its parts, but no kinds."""
    root = Location((), data, run)
    found = [name for name in fields_of(run) if name not in OF_THE_WHOLE]
    for name in tuple(found):
        table = root.step(name).table
        found += [f"{name}.{inner}" for inner in (fields_of(table) if table else ())]
    found += ["record.steps.log"] if "record" in found else []
    return [path for path in found if not path.endswith(".kind")]
