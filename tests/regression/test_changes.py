import math

import pytest
from judged_claims import effect, judged

from grokspec.regression.changes import compare, has_moved
from grokspec.statistics.evidence import Effect

SUPPORTED, REFUTED, OPEN, NOT_RUN = "supported", "refuted", "inconclusive", "not run"


def change(before, after, expected=SUPPORTED):
    return compare([judged(verdict=before)], [judged(verdict=after, expected=expected)])


@pytest.mark.parametrize("verdict", [REFUTED, OPEN, NOT_RUN])
def test_a_claim_that_was_supported_and_is_not_is_lost_even_if_it_was_not_run(verdict):
    changes = change(SUPPORTED, verdict)
    assert [lost.after.verdict for lost in changes.lost] == [verdict]
    assert changes.is_regression


def test_a_claim_is_lost_even_if_its_new_verdict_is_expected():
    assert change(SUPPORTED, REFUTED, expected=REFUTED).is_regression


@pytest.mark.parametrize("verdict", [REFUTED, OPEN, NOT_RUN])
def test_a_claim_that_is_supported_and_was_not_is_gained_and_no_regression(verdict):
    changes = change(verdict, SUPPORTED)
    assert len(changes.gained) == 1
    assert not changes.is_regression


def test_a_claim_that_is_gained_against_expectation_is_unexpected():
    changes = change(REFUTED, SUPPORTED, expected=REFUTED)
    assert changes.unexpected == changes.gained
    assert changes.is_regression


@pytest.mark.parametrize(("expected", "regression"), [(OPEN, False), (REFUTED, True)])
def test_another_change_is_a_regression_unless_it_is_expected(expected, regression):
    changes = change(REFUTED, OPEN, expected)
    assert len(changes.changed) == 1
    assert changes.is_regression is regression


def test_new_and_gone_claims_are_listed_and_are_no_regression():
    old, kept, new = (
        judged(f"test_a.py::test_{n}", id=n, sentence=n) for n in ("old", "kept", "new")
    )
    changes = compare([old, kept], [kept, new])
    assert (changes.gone, changes.new, changes.compared) == ((old,), (new,), 1)
    assert not changes.is_regression


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ((5, 4, 6), (5.5, 4.5, 6.5), False),
        ((5, 4, 6), (7, 5.5, 8), True),  # the intervals meet, and each median lies outside
        ((5, 4, 6), (7, 4.5, 9), False),  # the old median is not unlikely now
        ((5, 4.9, 5.1), (5.5, 4, 7), False),
        ((5, 4, 6), (15, 14, 16), True),
        ((5, 5, 5), (6, 6, 6), True),
        ((1 / 3, 1 / 3, 1 / 3), (1 / 3 + 1e-9, 1 / 3 + 1e-9, 1 / 3 + 1e-9), False),
        ((5, -math.inf, math.inf), (50, 49, 51), False),  # too few seeds for an interval
        ((5, 4, 6), (math.inf, 9, math.inf), True),  # it used to happen and now never does
        ((math.inf, math.inf, math.inf), (math.inf, math.inf, math.inf), False),
        ((5, 4, 6), (math.nan, -math.inf, math.inf), False),
    ],
)
def test_an_effect_moves_if_each_median_lies_outside_the_interval_of_the_other(
    before, after, moved
):
    assert has_moved(effect(*before), effect(*after)) is moved
    assert has_moved(effect(*after), effect(*before)) is moved


def test_what_chance_has_no_part_in_does_not_move():
    exact = [
        Effect(quantity="deviation", place="", unit="", measured=size, interval=None)
        for size in (1e-16, 3e-9)
    ]
    assert not has_moved(*exact)


def test_effects_are_counted_as_the_same_within_or_moved():
    before = [effect(1, 0, 2, "a"), effect(1, 0, 2, "b"), effect(1, 0, 2, "c")]
    after = [effect(1, 0, 2, "a"), effect(1.01, 0, 2, "b"), effect(9, 8, 10, "c")]
    changes = compare([judged(effects=before)], [judged(effects=after)])
    assert (changes.same, changes.within, len(changes.moved)) == (1, 1, 1)
    assert changes.moved[0].after.place == "c"
    assert changes.is_regression


def test_what_is_nan_on_both_sides_is_the_same():
    unknown = judged(effects=[effect(math.nan, -math.inf, math.inf)])
    assert compare([unknown], [unknown]).same == 1
