"""Corrects p-values for their number."""

from __future__ import annotations

from collections.abc import Sequence

from scipy import stats


def false_discovery(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust p-values for their number (Benjamini and Hochberg); None stays None."""
    known = [p for p in p_values if p is not None]
    if not known:
        return list(p_values)
    adjusted = iter(stats.false_discovery_control(known).tolist())
    return [None if p is None else next(adjusted) for p in p_values]
