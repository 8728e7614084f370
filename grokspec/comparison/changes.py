"""What changed from one checklist to another: verdicts, and effects beyond their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from grokspec.checklist import Row
from grokspec.comparison.pairing import pairs_of_claims, pairs_of_effects
from grokspec.effects import Effect
from grokspec.findings import Verdict

ROUNDING = 1e-6
"""Two numbers that differ by less than this share of the larger are told apart by no verdict on
movement: another machine's arithmetic may do as much."""

SUPPORTED = Verdict.SUPPORTED.value


@dataclass(frozen=True)
class Turn:
    """A claim whose verdict is another than it was."""

    before: Row
    after: Row


@dataclass(frozen=True)
class Move:
    """An effect of a claim that lies elsewhere than it did."""

    claim: Row  # as it is afterwards
    before: Effect
    after: Effect


@dataclass(frozen=True)
class Changes:
    """What is said afterwards and was not, or no longer is."""

    lost: tuple[Turn, ...]  # supported before, and not any more
    gained: tuple[Turn, ...]  # supported now, and not before
    changed: tuple[Turn, ...]  # from one verdict to another, neither of them supported
    moved: tuple[Move, ...]
    within: int  # effects that are not what they were, and did not move
    same: int  # effects that are exactly what they were
    compared: int  # claims that are in both
    new: tuple[Row, ...]  # claims that were not there before
    gone: tuple[Row, ...]  # claims that are not there any more

    @property
    def turned(self) -> tuple[Turn, ...]:
        """Claims, not lost, that changed to another verdict than the one on record."""
        return tuple(
            turn
            for turn in (*self.gained, *self.changed)
            if turn.after.verdict != turn.after.recorded
        )

    @property
    def is_regression(self) -> bool:
        """Whether a claim was lost or turned, or an effect moved."""
        return bool(self.lost or self.turned or self.moved)


def compare(before: Sequence[Row], after: Sequence[Row]) -> Changes:
    """Hold what a checklist says against what an earlier one said.

    A claim that is NOT RUN afterwards counts as any other verdict: what was shown is not shown
    any more.
    """
    pairs = pairs_of_claims(before, after)
    turns = [Turn(*pair) for pair in pairs if pair[0].verdict != pair[1].verdict]
    effects = [Move(b, *effect) for a, b in pairs for effect in pairs_of_effects(a, b)]
    differing = [effect for effect in effects if not _same(effect)]
    moved = tuple(effect for effect in differing if has_moved(effect.before, effect.after))
    known = {row.test for row, _ in pairs}, {row.test for _, row in pairs}
    return Changes(
        lost=tuple(turn for turn in turns if turn.before.verdict == SUPPORTED),
        gained=tuple(turn for turn in turns if turn.after.verdict == SUPPORTED),
        changed=tuple(t for t in turns if SUPPORTED not in (t.before.verdict, t.after.verdict)),
        moved=moved,
        within=len(differing) - len(moved),
        same=len(effects) - len(differing),
        compared=len(pairs),
        new=tuple(row for row in after if row.test not in known[1]),
        gone=tuple(row for row in before if row.test not in known[0]),
    )


def has_moved(before: Effect, after: Effect) -> bool:
    """Whether each of two medians lies outside the interval of the other.

    The rule is the same in both directions. What has no interval, for chance has no part in it,
    does not move: its verdict says whether it keeps to its tolerance. Neither does what differs
    by rounding alone, however narrow the intervals are.
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


def _same(effect: Move) -> bool:
    before, after = effect.before, effect.after
    return _numbers(before) == _numbers(after)


def _numbers(effect: Effect) -> tuple[str, ...]:
    """Its numbers as texts, of which NaN equals itself."""
    return tuple(map(repr, (effect.measured, *(effect.interval or ()))))
