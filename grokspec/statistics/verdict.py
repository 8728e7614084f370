"""The verdicts: what the runs say of a statement."""

from __future__ import annotations

from enum import Enum


class Verdict(str, Enum):
    """What the runs say of a statement."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not run"  # of a claim only: it was not judged, so there is no finding

    @property
    def word(self) -> str:
        """As the reports print it."""
        return self.value.upper()

    @property
    def symbol(self) -> str:
        """In one character."""
        return {"supported": "✓", "refuted": "✗", "inconclusive": "?", "not run": "–"}[self.value]


WORST_FIRST = (Verdict.REFUTED, Verdict.INCONCLUSIVE, Verdict.SUPPORTED)
"""The verdicts of a finding, from the worst for its statement to the best."""
