"""The verdicts on a statement."""

from __future__ import annotations

from enum import Enum


class Verdict(str, Enum):
    """The verdict on a statement."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not run"  # a claim that was not judged, so it has no finding

    @property
    def word(self) -> str:
        """In capitals, as reports print it."""
        return self.value.upper()

    @property
    def symbol(self) -> str:
        """One character for it."""
        return {"supported": "✓", "refuted": "✗", "inconclusive": "?", "not run": "–"}[self.value]


WORST_FIRST = (Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.SUPPORTED)
"""The verdicts of a finding, from the worst to the best."""
