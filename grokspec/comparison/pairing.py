"""Which claim of one checklist is which of another, and which effect of it is which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from grokspec.checklist import Row
from grokspec.effects import Effect

Key = Callable[[Row], Hashable]


def pairs_of_claims(before: Sequence[Row], after: Sequence[Row]) -> list[tuple[Row, Row]]:
    """Pair the claims of two checklists, in the order of the first.

    A claim is known by its test's node id; failing that, by the name of the file and the test,
    whatever folder it was run from; failing that, as after a file was renamed, by its id and
    sentence, together with the name of the test or alone. No claim is paired by what it shares
    with another of its checklist.
    """
    found: dict[str, Row] = {}
    keys: tuple[Key, ...] = (
        lambda row: row.test,
        lambda row: row.test.rpartition("/")[2],
        lambda row: (row.id, row.claim, row.test.partition("::")[2]),
        lambda row: (row.id, row.claim),
    )
    for key in keys:
        taken = {row.test for row in found.values()}
        left = _by(key, [row for row in before if row.test not in found])
        others = _by(key, [row for row in after if row.test not in taken])
        found |= {row.test: others[name] for name, row in left.items() if name in others}
    return [(row, found[row.test]) for row in before if row.test in found]


def pairs_of_effects(before: Row, after: Row) -> list[tuple[Effect, Effect]]:
    """Pair the effects of a claim: those of one quantity at one place in one unit.

    Where a claim asserts several things of what has one name, they pair in their order, if both
    have equally many. Checklists that tell no effects pair by what the claim measured at its
    weakest.
    """
    if not before.effects or not after.effects:
        both = [*_weakest(before), *_weakest(after)]
        return [(both[0], both[1])] if len(both) == 2 and both[0].unit == both[1].unit else []
    first, second = ([Effect.from_plain(e) for e in row.effects] for row in (before, after))
    counts, others = Counter(map(_name, first)), Counter(map(_name, second))
    found: list[tuple[Effect, Effect]] = []
    for name in counts:
        if counts[name] == others[name]:
            found += zip(_called(name, first), _called(name, second), strict=True)
    return found


def _by(key: Key, rows: Sequence[Row]) -> dict[Hashable, Row]:
    """The rows by a key, but for those that share it."""
    counts = Counter(key(row) for row in rows)
    return {key(row): row for row in rows if counts[key(row)] == 1}


def _weakest(row: Row) -> list[Effect]:
    if row.measured is None or row.interval is None:
        return []
    low, high = row.interval
    return [Effect("what was measured", "", row.unit, row.measured, (low, high))]


def _name(effect: Effect) -> tuple[str, str, str]:
    return effect.quantity, effect.place, effect.unit


def _called(name: tuple[str, str, str], effects: Sequence[Effect]) -> list[Effect]:
    return [effect for effect in effects if _name(effect) == name]
