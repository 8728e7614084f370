"""Finds the same claims, and the same effects, in two checklists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from grokspec.claims.record import JudgedClaim
from grokspec.statistics.evidence import Effect

Key = Callable[[JudgedClaim], Hashable]
Name = tuple[str, str, str]
"""The quantity, place and unit of an effect."""


def pairs_of_claims(
    before: Sequence[JudgedClaim], after: Sequence[JudgedClaim]
) -> list[tuple[JudgedClaim, JudgedClaim]]:
    """Pair the claims of two checklists, in the order of the first.

    Claims pair by the node id of their test. Those left over pair by the names of file and test
    (pytest was started in another folder), then by full id, sentence and name of the test (the file
    was renamed), then by full id and sentence, then the same without the pack (they are of another
    pack now, or of one for the first time). A key that several claims of a checklist share pairs
    none.
    """
    found: dict[str, JudgedClaim] = {}
    keys: tuple[Key, ...] = (
        lambda record: record.test,
        lambda record: record.test.rpartition("/")[2],
        lambda record: (record.full_id, record.sentence, record.test.partition("::")[2]),
        lambda record: (record.full_id, record.sentence),
        lambda record: (record.id, record.sentence, record.test.partition("::")[2]),
        lambda record: (record.id, record.sentence),
    )
    for key in keys:
        taken = {record.test for record in found.values()}
        left = _by(key, [record for record in before if record.test not in found])
        others = _by(key, [record for record in after if record.test not in taken])
        found |= {record.test: others[k] for k, record in left.items() if k in others}
    return [(record, found[record.test]) for record in before if record.test in found]


def pairs_of_effects(before: JudgedClaim, after: JudgedClaim) -> list[tuple[Effect, Effect]]:
    """Pair the effects of a claim that have the same quantity, place and unit.

    If several effects share these, they pair in order if there are equally many on both sides.
    """
    found: list[tuple[Effect, Effect]] = []
    others = effects_by_name(after)
    for name, effects in effects_by_name(before).items():
        if len(effects) == len(others.get(name, ())):
            found += zip(effects, others[name], strict=True)
    return found


def effects_by_name(record: JudgedClaim) -> dict[Name, tuple[Effect, ...]]:
    """The effects of a claim by what they share: quantity, place and unit."""
    found: dict[Name, tuple[Effect, ...]] = {}
    for effect in record.effects:
        name = effect.quantity, effect.place, effect.unit
        found[name] = (*found.get(name, ()), effect)
    return found


def _by(key: Key, records: Sequence[JudgedClaim]) -> dict[Hashable, JudgedClaim]:
    """The records by a key, without those that share one."""
    counts = Counter(key(record) for record in records)
    return {key(record): record for record in records if counts[key(record)] == 1}
