"""Which columns of a table have the quantities: the same for all runs, or some for each run.

The columns that Weights & Biases exports are named by the run: "alpha=1 seed=0 - loss/train".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grokspec.errors import nearest
from grokspec.files.arrays import printable
from grokspec.recorded.columns import TableFile
from grokspec.recorded.patterns import Pattern
from grokspec.recorded.results_table import RecordedResults

Group = tuple[str, ...]
"""The texts at the names in the names of columns, in the order of `names_in_columns`."""

SUMMARIES = ("__MIN", "__MAX")
"""Endings of columns that Weights & Biases adds to each column that it exports."""


def columns_by_group(table: TableFile, results: RecordedResults) -> dict[Group, dict[str, str]]:
    """The column of each quantity, for each group of runs that has columns of its own.

    There is one group, without texts, if the columns are the same for all runs. Raises a refusal
    if a column is missing or unclear.
    """
    found: dict[Group, dict[str, str]] = {}
    for quantity, own in results.details.items():
        if own.pattern.is_plain:
            table.require(own.source)
        for column, values in _matching(own.pattern, table).items():
            group = tuple(values[axis] for axis in results.names_in_columns)
            if (first := found.setdefault(group, {}).setdefault(quantity, column)) != column:
                raise table.refusal(
                    f'"{own.source}" matches both "{printable(first)}" and "{printable(column)}" '
                    "with the same values; write more of the name"
                )
    _require_all(found, table, results)
    return found


def in_columns(results: RecordedResults, group: Group) -> Mapping[str, str]:
    """The text of each axis that a group has."""
    return dict(zip(results.names_in_columns, group, strict=True))


def _matching(pattern: Pattern, table: TableFile) -> dict[str, dict[str, str]]:
    """The columns that a pattern matches, with the texts at its names."""
    candidates = [pattern.text] if pattern.is_plain else _without_summaries(table.names)
    matches = ((name, pattern.match(name)) for name in candidates)
    found = {name: values for name, values in matches if values is not None}
    if not found:
        similar = nearest(pattern.plain_text, table.names)
        remedy = f'; did you mean "{printable(similar)}"?' if similar else ""
        raise table.refusal(f'no column matches "{pattern.text}"{remedy}')
    table.require(*found)
    return found


def _without_summaries(names: Iterable[str]) -> list[str]:
    known = dict.fromkeys(names)
    return [
        name
        for name in known
        if not any(name.endswith(end) and name.removesuffix(end) in known for end in SUMMARIES)
    ]


def _require_all(
    found: Mapping[Group, Mapping[str, str]], table: TableFile, results: RecordedResults
) -> None:
    """Raise a refusal if a group lacks a quantity that another has."""
    for group, columns in found.items():
        for quantity, own in results.details.items():
            if quantity not in columns:
                named = own.source
                for axis, text in in_columns(results, group).items():
                    named = named.replace(f"{{{axis}}}", text)
                there = ", ".join(f'"{printable(name)}"' for name in columns.values())
                raise table.refusal(
                    f'has no column "{printable(named)}", but {there}; add it, or read fewer '
                    "quantities"
                )
