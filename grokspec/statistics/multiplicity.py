"""Corrects p-values for their number."""

from __future__ import annotations

from collections.abc import Sequence

# Written out here, as scipy's takes a second to import, in the one process that needs no scipy.


def false_discovery(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust p-values for their number (Benjamini and Hochberg, 1995); None stays None.

    The p-value of rank k among n becomes the smallest ``p n/k`` of those that are not below it.
    """
    adjusted = list(p_values)
    known = [(p, place) for place, p in enumerate(p_values) if p is not None]
    smallest = 1.0
    for rank, (p, place) in reversed(list(enumerate(sorted(known), 1))):
        smallest = min(smallest, p * (len(known) / rank))
        adjusted[place] = smallest
    return adjusted
