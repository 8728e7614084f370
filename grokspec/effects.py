"""Effects: what a finding measured, part by part, as plain values that a checklist can keep.

A finding tells the numbers of its weakest part only, and which part that is may change; two
checklists are therefore compared by the effects in them, each with its own like.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from grokspec.evidence import Evidence, Intervals


@dataclass(frozen=True)
class Effect:
    """One number that was measured, and where it lies."""

    quantity: str
    place: str  # "alpha = 8"; empty where there is only one
    unit: str
    measured: float
    interval: tuple[float, float] | None  # None for what chance has no part in

    def as_plain(self) -> dict[str, Any]:
        """The same in values that can be sent to another process and written as JSON."""
        plain = asdict(self)
        return plain if self.interval is None else {**plain, "interval": list(self.interval)}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Effect:
        """The effect of a dict as `as_plain` makes it, whose numbers may be strings like "inf"."""
        interval = plain["interval"]
        if interval is not None:
            low, high = interval
            interval = float(low), float(high)
        return cls(**{**plain, "measured": float(plain["measured"]), "interval": interval})


def effects_of(evidence: Iterable[Evidence]) -> list[Effect]:
    """The effects that evidence shows: each median with its interval, of two quantities that are
    held to agree their largest deviation."""
    found = []
    for part in evidence:
        if isinstance(part, Intervals):
            found += [
                Effect(part.quantity, cell.place, part.unit, cell.median, cell.interval)
                for cell in part.cells
            ]
        else:
            what = f"deviation of {part.quantities[0]} from {part.quantities[1]}"
            unit = "" if part.relative else part.unit
            found.append(Effect(what, "", unit, max(part.deviations), None))
    return found
