"""Records of made-up claims, and effects in them."""

from __future__ import annotations

from typing import Any

from grokspec.claims.packs import Pack, Paper
from grokspec.claims.record import JudgedClaim
from grokspec.statistics.evidence import Effect


def judged(test: str = "claims/test_a.py::test_it_falls", **changes: Any) -> JudgedClaim:
    """A supported claim, with some fields changed."""
    fields: dict[str, Any] = {
        "id": "P01",
        "sentence": "The loss falls.",
        "source": "§1",
        "specs": {"tiny/alpha": "specs/tiny/alpha.toml"},
        "negative_controls": ("time reversed",),
        "positive_controls": (),
        "headline": False,
        "expected": "supported",
        "verdict": "supported",
        "statement": "it does",
        **changes,
    }
    return JudgedClaim(test=test, **fields)


def pack(key: str) -> Pack:
    """A pack of one paper."""
    return Pack(
        key=key, name=key, about="A.", papers=(Paper(title="T", authors=("A",), year=2026),)
    )


def effect(
    measured: float,
    low: float,
    high: float,
    place: str = "",
    quantity: str = "loss",
    unit: str = "",
) -> Effect:
    """A median with its interval."""
    return Effect(
        quantity=quantity, place=place, unit=unit, measured=measured, interval=(low, high)
    )
