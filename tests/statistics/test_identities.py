import math

import numpy as np
import pytest
from labeled_values import over_alpha, over_seeds

from grokspec.statistics import agreement
from grokspec.statistics.identities import KEPT
from grokspec.statistics.verdict import Verdict


def test_agreement_within_a_share_of_the_larger():
    values = over_alpha([1, 2, 3, 4])
    finding = agreement(values, values * (1 + 1e-9), rtol=1e-8)
    assert finding
    assert (finding.n, finding.p_value) == (32, None)
    assert finding.measured == finding.interval[1] == pytest.approx(1e-9, rel=1e-3)


def test_one_deviation_beyond_the_tolerance_refutes_and_is_located():
    values = over_alpha([1, 2, 3, 4], units="decades")
    other = values.copy()
    other[2, 5] += 0.5
    finding = agreement(values, other, atol=0.1)
    assert finding.verdict is Verdict.REFUTED
    assert "at most 0.5 decades over 32 numbers, held to 0.1" in finding.statement
    assert finding.details == ("they differ most at alpha = 8, seed = 5",)


def test_zeros_and_infinities_agree_with_themselves_only():
    values = over_seeds([0, math.inf, -math.inf, 1])
    assert agreement(values, values, rtol=0)
    assert not agreement(values, over_seeds([0, math.inf, math.inf, 1]), rtol=0.5)
    assert not agreement(over_seeds([0.0]), over_seeds([1e-30]), rtol=0.5)


def test_a_number_that_is_not_there_leaves_an_agreement_undecided():
    values = over_seeds([1, 2, math.nan])
    finding = agreement(values, values, rtol=1e-8)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.statement.endswith("; undecided, since 1 of 3 has no value")


def test_a_deviation_refutes_whatever_is_missing():
    finding = agreement(over_seeds([1, math.nan]), over_seeds([2, math.nan]), rtol=1e-8)
    assert finding.verdict is Verdict.REFUTED


@pytest.mark.parametrize("tolerances", [{}, {"rtol": 0.1, "atol": 0.1}])
def test_an_agreement_takes_one_tolerance(tolerances):
    with pytest.raises(ValueError, match="one tolerance"):
        agreement(over_seeds([1]), over_seeds([1]), **tolerances)


def test_an_agreement_about_nothing_is_an_error():
    with pytest.raises(ValueError, match="no numbers to compare"):
        agreement(over_seeds([math.nan]), over_seeds([1]), rtol=0.1)


# What a figure is drawn from


def test_an_agreement_carries_the_pairs_and_what_sets_them_apart():
    values = over_seeds([1, 2, math.nan])
    (part,) = agreement(values, values + 0.25, atol=0.5).evidence
    pairs = zip(part.first, part.second, part.deviations, strict=True)
    assert sorted(pairs) == [(1, 1.25, 0.25), (2, 2.25, 0.25)]
    assert (part.tolerance, part.relative, part.count, part.unknown) == (0.5, False, 2, 1)


def test_the_pairs_are_those_of_one_place_however_the_axes_are_ordered():
    values = over_alpha([1, 2, 3, 4])
    (part,) = agreement(values, values.transpose("seed", "alpha"), atol=0).evidence
    assert part.first == part.second


def test_of_many_pairs_some_are_kept_and_those_that_deviate_most_among_them():
    values = over_seeds(range(10_000))
    other = values + np.where(np.arange(10_000) % 500 == 7, 0.5, 0.0)
    (part,) = agreement(values, other, atol=0.1).evidence
    assert part.count == 10_000
    assert len(part.first) < 2_000
    assert sum(deviation == 0.5 for deviation in part.deviations) == 20


@pytest.mark.parametrize(("a", "b", "share"), [(1, 2, 0.5), (2, 1, 0.5), (-1, 3, 4 / 3), (0, 4, 1)])
def test_a_deviation_is_a_share_of_the_number_that_is_larger_in_size(a, b, share):
    assert agreement(over_seeds([a]), over_seeds([b]), rtol=9).measured == pytest.approx(share)


def test_a_deviation_as_large_as_the_tolerance_is_within_it():
    assert agreement(over_seeds([1]), over_seeds([1.5]), atol=0.5)
    assert agreement(over_seeds([1]), over_seeds([1]), atol=0)


def test_the_interval_runs_from_the_smallest_to_the_largest_deviation():
    finding = agreement(over_seeds([1, 2, 3]), over_seeds([1.25, 2.5, 3.75]), atol=1)
    assert finding.interval == (0.25, 0.75)


def test_only_a_tolerance_in_the_unit_has_a_unit():
    values = over_seeds([1, 2], units="decades")
    in_unit, as_share = agreement(values, values, atol=1), agreement(values, values, rtol=1)
    assert (in_unit.unit, in_unit.evidence[0].relative) == ("decades", False)
    assert (as_share.unit, as_share.evidence[0].relative) == ("", True)


@pytest.mark.parametrize("tolerance", [{"rtol": 1e-8}, {"atol": 1e-8}])
def test_a_number_that_only_one_of_the_two_has_leaves_the_agreement_undecided(tolerance):
    some, all_known = over_seeds([1, 2, math.nan]), over_seeds([1, 2, 3])
    for one, other in ((some, all_known), (all_known, some)):
        assert agreement(one, other, **tolerance).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("size", [KEPT - 1, KEPT])
def test_of_up_to_a_thousand_pairs_all_are_kept(size):
    (part,) = agreement(over_seeds(range(size)), over_seeds(range(size)), atol=0).evidence
    assert len(part.first) == size


def test_of_more_pairs_the_half_that_deviates_most_is_kept_and_an_even_choice_of_the_rest():
    assert KEPT == 1000
    deviations = np.random.default_rng(0).permutation(2498) / 2.0**10
    zero = over_seeds(np.zeros(2498))
    (part,) = agreement(zero, zero + deviations, atol=9).evidence
    falling = np.sort(deviations)[::-1]
    assert part.deviations == [*falling[:500], *falling[500 + np.arange(500) * 1997 // 499]]


def test_two_numbers_without_axes_have_no_place():
    one = over_seeds([1.0]).isel(seed=0, drop=True)
    assert agreement(one, one, atol=0).details == ()
