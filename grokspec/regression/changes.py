"""Changes from one checklist to another: verdicts, and effects beyond their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import computed_field

from grokspec.claims.record import JudgedClaim, Record
from grokspec.regression.pairing import pairs_of_claims, pairs_of_effects
from grokspec.statistics.evidence import Effect
from grokspec.statistics.verdict import Verdict

ROUNDING = 1e-6
"""Numbers that differ by less than this share of the larger one count as the same: so much may
change with the machine."""


class ChangedVerdict(Record):
    """A claim whose verdict changed."""

    before: JudgedClaim
    after: JudgedClaim


class MovedEffect(Record):
    """An effect of a claim that moved beyond its interval."""

    claim: JudgedClaim
    """The record afterwards."""
    before: Effect
    after: Effect


class Changes(Record):
    """The differences between a checklist and an earlier one."""

    lost: tuple[ChangedVerdict, ...]
    """Supported before, and no longer."""
    gained: tuple[ChangedVerdict, ...]
    """Supported now, and not before."""
    changed: tuple[ChangedVerdict, ...]
    """From one verdict to another, neither of them supported."""
    moved: tuple[MovedEffect, ...]
    within: int
    """How many effects changed without moving."""
    same: int
    """How many effects are exactly the same."""
    compared: int
    """How many claims are in both."""
    not_run: int = 0
    """How many of these have a verdict on neither side."""
    new: tuple[JudgedClaim, ...]
    """Claims that are only in the later one."""
    gone: tuple[JudgedClaim, ...]
    """Claims that are only in the earlier one."""

    @property
    def unexpected(self) -> tuple[ChangedVerdict, ...]:
        """Claims that changed to an unexpected verdict, without those that were lost."""
        return tuple(
            change
            for change in (*self.gained, *self.changed)
            if change.after.verdict is not change.after.expected
        )

    @computed_field  # type: ignore[prop-decorator]
    @property
    def is_regression(self) -> bool:
        """Whether a claim was lost or has an unexpected verdict, or an effect moved."""
        return bool(self.lost or self.unexpected or self.moved)


def compare(before: Sequence[JudgedClaim], after: Sequence[JudgedClaim]) -> Changes:
    """Compare a checklist with an earlier one.

    NOT RUN counts as a verdict: a claim that was supported and is not run any more is lost.
    """
    pairs = pairs_of_claims(before, after)
    changes = [ChangedVerdict(before=b, after=a) for b, a in pairs if b.verdict is not a.verdict]
    effects = [
        MovedEffect(claim=a, before=old, after=new)
        for b, a in pairs
        for old, new in pairs_of_effects(b, a)
    ]
    differing = [effect for effect in effects if not _same(effect)]
    moved = tuple(effect for effect in differing if has_moved(effect.before, effect.after))
    known = {b.test for b, _ in pairs}, {a.test for _, a in pairs}
    supported = Verdict.SUPPORTED
    return Changes(
        lost=tuple(c for c in changes if c.before.verdict is supported),
        gained=tuple(c for c in changes if c.after.verdict is supported),
        changed=tuple(c for c in changes if supported not in (c.before.verdict, c.after.verdict)),
        moved=moved,
        within=len(differing) - len(moved),
        same=len(effects) - len(differing),
        compared=len(pairs),
        not_run=sum(b.verdict is a.verdict is Verdict.NOT_RUN for b, a in pairs),
        new=tuple(record for record in after if record.test not in known[1]),
        gone=tuple(record for record in before if record.test not in known[0]),
    )


def has_moved(before: Effect, after: Effect) -> bool:
    """Whether each of two medians lies outside the interval of the other.

    The rule is symmetric. An effect without an interval (nothing is random) does not move: its
    verdict says whether it is within its tolerance. Differences by rounding do not count, however
    narrow the intervals are.
    """
    if before.interval is None or after.interval is None:
        return False
    if math.isclose(before.measured, after.measured, rel_tol=ROUNDING):
        return False
    return not _lies_in(after.measured, before.interval) and not _lies_in(
        before.measured, after.interval
    )


def _lies_in(value: float, interval: tuple[float, float]) -> bool:
    low, high = interval
    return low <= value <= high


def _same(effect: MovedEffect) -> bool:
    return _numbers(effect.before) == _numbers(effect.after)


def _numbers(effect: Effect) -> tuple[str, ...]:
    """Its numbers as texts, in which NaN equals NaN."""
    return tuple(map(repr, (effect.measured, *(effect.interval or ()))))
