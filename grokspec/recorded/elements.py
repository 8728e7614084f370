"""Quantities with several numbers a step, in columns as grokspec writes them: ``norms[0]``."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from grokspec.files.arrays import in_brackets, printable
from grokspec.recorded.columns import TableFile
from grokspec.recorded.drafts import Draft
from grokspec.recorded.results_table import RecordedQuantity, RecordedResults
from grokspec.recorded.values import Refusal

if TYPE_CHECKING:
    import numpy as np

Index = tuple[int, ...]

_ELEMENT = re.compile(r"(.+)\[([0-9]{1,6}(?:,[0-9]{1,6})*)\]", re.DOTALL)


def elements_apart(table: TableFile, results: RecordedResults) -> RecordedResults:
    """The same, with a quantity for each element of one that has no column but several."""
    columns: dict[str, dict[Index, str]] = {}
    for column in table.names:
        if match := _ELEMENT.fullmatch(column):
            index = tuple(map(int, match[2].split(",")))
            columns.setdefault(match[1], {})[index] = column
    apart: dict[str, RecordedQuantity] = {}
    for name, own in results.details.items():
        elements = columns.get(own.source, {})
        if not elements or own.source in table.names or own.once or results.step is None:
            apart[name] = own
        for index, column in elements.items() if name not in apart else ():
            one = RecordedQuantity.model_construct(source=column, never=own.never)
            apart[_element(name, index)] = one
    fields = {name: getattr(results, name) for name in RecordedResults.model_fields}
    return RecordedResults.model_construct(**fields | {"quantities": apart})


def elements_together(draft: Draft, results: RecordedResults, refusal: Refusal) -> Draft:
    """The draft, with each quantity of the spec as one array again."""
    curves: dict[str, np.ndarray] = {}
    for name in results.quantities:
        if name in draft.curves:
            curves[name] = draft.curves[name]
        elif name not in draft.numbers:
            curves[name] = _together(name, draft, refusal)
    return replace(draft, curves=curves)


def _together(name: str, draft: Draft, refusal: Refusal) -> np.ndarray:
    import numpy as np

    found: dict[Index, np.ndarray] = {}
    for column, values in draft.curves.items():
        match = _ELEMENT.fullmatch(column)
        if match and match[1] == name:
            found[tuple(map(int, match[2].split(",")))] = values
    if len({len(index) for index in found}) > 1:
        raise refusal(f"the columns of {printable(name)} have different numbers of axes")
    shape = tuple(1 + max(places) for places in zip(*found, strict=True))
    if math.prod(shape) != len(found):
        raise refusal(
            f"has {len(found):,} columns of {printable(name)}, whose shape would be "
            f"{in_brackets(shape)}; some of its elements are missing"
        )
    whole = np.empty((*shape, len(draft.steps)))
    for index, values in found.items():
        whole[index] = values
    return np.moveaxis(whole, -1, 0)


def _element(name: str, index: Index) -> str:
    return f"{name}[{','.join(map(str, index))}]"
