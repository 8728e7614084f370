"""Rows of made-up checklists, and effects in them."""

from __future__ import annotations

from typing import Any

from grokspec.claims.checklist import Row
from grokspec.statistics.evidence import Effect


def row(test: str = "claims/test_a.py::test_it_falls", **changes: Any) -> Row:
    """A supported claim, with some fields changed; ``effects`` may be `Effect` objects."""
    effects = [effect.as_plain() for effect in changes.pop("effects", ())]
    told: dict[str, Any] = {
        "id": "P01",
        "claim": "The loss falls.",
        "source": "§1",
        "spec": ["tiny/alpha"],
        "control": ["time reversed"],
        "counter": [],
        "headline": False,
        "recorded": "supported",
        "verdict": "supported",
        "statement": "it does",
        **changes,
    }
    return Row(test=test, effects=effects, **told)


def effect(
    measured: float,
    low: float,
    high: float,
    place: str = "",
    quantity: str = "loss",
    unit: str = "",
) -> Effect:
    """A median with its interval."""
    return Effect(quantity, place, unit, measured, (low, high))
