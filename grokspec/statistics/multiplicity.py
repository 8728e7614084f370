"""Corrects p-values for their number."""

from __future__ import annotations

import math
from collections.abc import Sequence

# Written out here, as scipy's takes a second to import, in the one process that needs no scipy.


def false_discovery(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust p-values for their number (Benjamini and Hochberg, 1995).

    None stays None, and so does NaN, which is no p-value either.
    The p-value of rank k among n becomes the smallest ``p n/k`` of those that are not below it.
    """
    adjusted = [None if p is None or math.isnan(p) else p for p in p_values]
    known = [(p, place) for place, p in enumerate(adjusted) if p is not None]
    smallest = 1.0
    for rank, (p, place) in reversed(list(enumerate(sorted(known), 1))):
        smallest = min(smallest, p * (len(known) / rank))
        adjusted[place] = smallest
    return adjusted
