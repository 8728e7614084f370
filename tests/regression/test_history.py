import math

import pytest
from judged_claims import effect, judged, pack

from grokspec.errors import GrokspecError
from grokspec.regression.history import HistorySide, changed_only, history_of, selected
from grokspec.statistics.evidence import Effect
from grokspec.statistics.verdict import Verdict


def over(*sides):
    """The history over sides, each a list of records."""
    return history_of([(HistorySide(name=str(i)), side) for i, side in enumerate(sides)])


def one(*records):
    """The history of a claim with one record a side; None where a side does not have it."""
    (claim,) = over(*([record] if record else [] for record in records)).claims
    return claim


def with_effects(*effects, **changes):
    weakest = effects[0]
    numbers = {"measured": weakest.measured, "interval": weakest.interval}
    return judged(effects=effects, **{**numbers, **changes})


def at(value, **changes):
    """A claim whose effect has this median, give or take 1."""
    return with_effects(effect(value, value - 1, value + 1), **changes)


def kinds(claim):
    return [(change.side, *change.kinds) for change in claim.changes]


def test_a_claim_that_stays_as_it_is_did_not_change():
    claim = one(at(5), at(5.5), at(5))
    assert (claim.changes, claim.last_change) == ((), None)
    assert [point.effect.measured for point in claim.points] == [5, 5.5, 5]


def test_the_side_where_the_verdict_changes_is_that_of_the_new_verdict():
    claim = one(judged(), judged(verdict="refuted"), judged(verdict="refuted"))
    assert kinds(claim) == [(1, "verdict")]
    assert (claim.changed_at(0), claim.changed_at(1), claim.changed_at(2)) == (False, True, False)


def test_the_last_of_several_changes_is_the_last_changed():
    claim = one(at(5), at(9), at(9, verdict="refuted"), at(9, verdict="refuted"))
    assert kinds(claim) == [(1, "effect"), (2, "verdict")]
    assert claim.last_change.side == 2


def test_not_run_is_a_verdict_and_the_effect_is_compared_with_that_before():
    claim = one(at(5), judged(verdict="not run"), at(5), at(9))
    assert kinds(claim) == [(1, "verdict"), (2, "verdict"), (3, "effect")]


def test_an_effect_that_drifts_in_small_steps_has_moved_in_the_end():
    claim = one(*(at(5 + 0.7 * i) for i in range(4)))
    assert kinds(claim) == [(2, "effect")]


def test_an_effect_moves_from_the_side_before_though_it_was_once_unknown():
    wide = with_effects(effect(5, -math.inf, math.inf))
    assert kinds(one(wide, at(5), at(9))) == [(2, "effect")]


def test_a_claim_is_new_where_it_comes_and_gone_where_it_is_not_any_more():
    claim = one(None, at(5), at(5), None, None, at(5))
    assert kinds(claim) == [(1, "new"), (3, "gone"), (5, "new")]
    assert [point is None for point in claim.points] == [True, False, False, True, True, False]


def test_a_claim_is_followed_into_a_renamed_file():
    claim = one(judged("a.py::test_x"), judged("b.py::test_x"), judged("b.py::test_x"))
    assert (claim.test, claim.changes) == ("b.py::test_x", ())


def test_the_effect_shown_is_the_same_on_all_sides_and_the_one_that_moved():
    low, high = (
        effect(value, value - 1, value + 1, place) for value, place in ((5, "a"), (9, "b"))
    )
    moved = effect(20, 19, 21, "b")
    claim = one(with_effects(low, high), with_effects(low, moved))
    assert [point.effect for point in claim.points] == [high, moved]
    assert (claim.effect_name, claim.changes[0].effects) == ("loss at b", ("loss at b",))


def test_the_effect_shown_is_the_one_that_decides_if_none_moved():
    first, second = effect(5, 4, 6, "a"), effect(9, 8, 10, "b")
    record = judged(effects=(first, second), measured=9, interval=(8, 10))
    assert one(record, record).effect_name == "loss at b"


def test_effects_of_one_name_that_are_not_equally_many_are_not_compared():
    twice = with_effects(effect(5, 4, 6), effect(90, 89, 91))
    assert one(at(50), twice).changes == ()


def test_a_claim_without_effects_is_shown_by_its_verdicts():
    claim = one(judged(), judged(verdict="refuted"))
    assert [(p.verdict, p.effect) for p in claim.points] == [
        (Verdict.SUPPORTED, None),
        (Verdict.REFUTED, None),
    ]
    assert (claim.effect_name, claim.unit) == ("", "")


def test_an_identity_does_not_move():
    small, large = (
        Effect(quantity="deviation", place="", unit="", measured=size, interval=None)
        for size in (1e-12, 1e-3)
    )
    assert one(with_effects(small), with_effects(large)).changes == ()


def several():
    first = [judged(f"a.py::{id}", id=id) for id in ("P10", "P2", "Q1")]
    return over(first, [first[0], first[1].model_copy(update={"verdict": Verdict.REFUTED})])


def test_claims_are_in_the_order_of_their_ids_and_all_are_counted():
    history = several()
    assert [claim.id for claim in history.claims] == ["P2", "P10", "Q1"]
    assert (history.total, history.total_changed) == (3, 2)
    assert history.sides[0].verdicts == {Verdict.SUPPORTED: 3}
    assert history.sides[1].verdicts == {Verdict.SUPPORTED: 1, Verdict.REFUTED: 1}


def test_only_those_that_changed_can_be_kept():
    kept = changed_only(several())
    assert [claim.id for claim in kept.claims] == ["P2", "Q1"]
    assert kept.total == 3


def test_claims_are_selected_by_id_or_by_a_pattern():
    assert [claim.id for claim in selected(several(), ["P10"]).claims] == ["P10"]
    assert [claim.id for claim in selected(several(), ["P*", "Q?"]).claims] == ["P2", "P10", "Q1"]


def test_an_id_that_no_claim_has_is_an_error():
    with pytest.raises(GrokspecError) as error:
        selected(several(), ["Q2"])
    assert str(error.value) == 'no claim has the id "Q2"; there are P10, P2, Q1'


def test_claims_of_one_id_in_two_packs_are_followed_apart_and_chosen_by_either_name():
    records = [
        judged("claims/one/test_a.py::test_x", pack=pack("one")),
        judged("claims/two/test_b.py::test_y", pack=pack("two"), sentence="It rises."),
    ]
    history = over(records, records)
    assert [claim.full_id for claim in history.claims] == ["one P01", "two P01"]
    assert len(selected(history, ["P01"]).claims) == 2
    assert [claim.pack for claim in selected(history, ["two P*"]).claims] == ["two"]
