import math

import numpy as np
import pytest
from labeled_values import over_alpha, over_seeds
from scipy import stats

from grokspec.statistics import estimate
from grokspec.statistics.predictions import (
    prediction_interval,
    standing,
    values_on_each_side,
    values_to_exclude,
)
from grokspec.statistics.verdict import Verdict

TEN = over_seeds([0.11, 0.12, 0.14, 0.15, 0.16, 0.18, 0.21, 0.22, 0.25, 0.31], long_name="loss")


# The interval of one further run


def test_a_further_value_lies_in_the_interval_as_often_as_it_says():
    draws = np.random.default_rng(1).standard_cauchy((4_000, 80))
    inside = [low <= x <= high for *rest, x in draws for low, high in [_interval(rest)]]
    assert abs(np.mean(inside) - 76 / 80) < 3 * math.sqrt(0.05 * 0.95 / 4_000)


def _interval(values):
    return prediction_interval(np.array(values), 0.95)


@pytest.mark.parametrize("size", [39, 78, 79, 200])
def test_the_interval_is_the_narrowest_whose_chance_of_a_miss_is_no_more_than_allowed(size):
    low, high = prediction_interval(np.arange(size) + 1.0, 0.95)
    assert high == size + 1 - low
    # Of size + 1 values each is as likely as any other to be the last that is drawn.
    missed = [
        sum(rank <= r or rank > size + 1 - r for rank in range(1, size + 2)) for r in (low, low + 1)
    ]
    assert missed[0] / (size + 1) <= 0.05 < missed[1] / (size + 1)


@pytest.mark.parametrize(("level", "needed"), [(0.95, 39), (0.9, 19), (0.8, 9), (0.99, 199)])
def test_with_too_few_values_the_interval_is_infinite(level, needed):
    assert values_to_exclude(level) == needed
    assert prediction_interval(np.arange(needed - 1.0), level) == (-math.inf, math.inf)
    assert prediction_interval(np.arange(1.0 * needed), level) == (0, needed - 1)


# What supports


@pytest.mark.parametrize("size", [2, 4, 10, 11, 25, 26, 44, 45])
def test_a_value_is_supported_where_clopper_and_pearson_leave_no_tail(size):
    for below in range(size + 1):
        found = standing(below + 0.5, np.arange(size) + 1.0, 0.95)
        shares = [stats.binomtest(k, size).proportion_ci(0.95).low for k in (below, size - below)]
        assert (found.verdict is Verdict.SUPPORTED) == (min(shares) >= 0.025)


@pytest.mark.parametrize("size", [5, 10, 40])
def test_p_is_that_of_two_binomial_tests(size):
    found = standing(2.5, np.arange(size) + 1.0, 0.95)
    exact = stats.binomtest(2, size, 0.025, alternative="greater").pvalue
    assert found.p_value == pytest.approx(exact, rel=1e-12)
    assert (found.p_value <= 0.025) == (found.verdict is Verdict.SUPPORTED)


def test_a_value_in_the_tail_is_rarely_supported_and_rarely_a_further_run_refuted():
    rng = np.random.default_rng(2)
    draws = rng.normal(size=(3_000, 40))
    in_tail = stats.norm.ppf(0.025)
    supported = np.mean([_verdict(in_tail, row) is Verdict.SUPPORTED for row in draws])
    refuted = np.mean([_verdict(x, row) is Verdict.REFUTED for *row, x in draws])
    assert 0 < supported <= 0.025  # exactly 0.017
    assert 0 < refuted <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 3_000)


def _verdict(value, values):
    return standing(value, np.asarray(values), 0.95).verdict


def test_no_value_is_both_supported_and_outside_the_interval():
    for size in range(1, 300, 13):
        low, _ = prediction_interval(np.arange(size) + 1.0, 0.95)
        needed = values_on_each_side(size, 0.95)
        assert low == -math.inf or needed >= low  # as many values are as small as the low-th


# The finding


def test_a_value_in_the_middle_of_ten_seeds_agrees_with_them():
    finding = estimate(TEN).agrees_with(0.15)
    assert finding.verdict is Verdict.SUPPORTED
    assert finding.statement == (
        "loss: median 0.17 over 10 seeds, 4 at or below 0.15 and 7 at or above, in agreement"
    )


def test_that_ten_seeds_do_not_exclude_a_value_is_no_agreement():
    finding = estimate(TEN).agrees_with(300)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.interval == (-math.inf, math.inf)
    assert "(to exclude it takes 39 seeds), undecided whether in agreement" in finding.statement


def test_a_value_beyond_39_seeds_does_not_agree_with_them():
    finding = estimate(over_seeds(np.arange(39.0), units="steps")).agrees_with(39)
    assert finding.verdict is Verdict.REFUTED
    assert "a further one in [0, 38], not in agreement" in finding.statement


def test_a_level_of_80_percent_excludes_with_nine_seeds():
    assert estimate(TEN[1:], level=0.8).agrees_with(0.5).verdict is Verdict.REFUTED


def test_values_that_are_equal_agree_with_their_own_value():
    assert estimate(over_seeds([200.0] * 10)).agrees_with(200).verdict is Verdict.SUPPORTED


def test_never_agrees_with_never():
    seeds = over_seeds([math.inf] * 5 + [700.0] * 5)
    assert estimate(seeds).agrees_with(math.inf).verdict is Verdict.SUPPORTED


def test_an_unknown_value_shows_nothing_and_excludes_nothing():
    two = over_seeds([1.0, 2.0, math.nan, math.nan, 8.0, 9.0])
    assert estimate(two).agrees_with(5).verdict is Verdict.SUPPORTED
    assert estimate(two[1:]).agrees_with(5).verdict is Verdict.INCONCLUSIVE
    many = over_seeds([*np.arange(39.0), math.nan])
    assert estimate(many).agrees_with(50).verdict is Verdict.INCONCLUSIVE


def test_a_value_agrees_where_it_does_in_every_cell():
    values = over_alpha([1.0, 1.0, 5.0])
    finding = estimate(values).agrees_with(1.0)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "at alpha = 8 (weakest of 3)" in finding.statement
    assert len(finding.details) == 3
    assert estimate(values[:2]).agrees_with(1.0).verdict is Verdict.SUPPORTED


def test_nothing_agrees_with_nan():
    with pytest.raises(ValueError, match="loss cannot agree with NaN"):
        estimate(TEN).agrees_with(math.nan)


def test_the_effect_is_the_median_with_the_number_as_its_bounds():
    finding = estimate(TEN).agrees_with(0.2)
    (effect,) = finding.evidence[0].effects
    assert (effect.measured, effect.bounds) == (pytest.approx(0.17), (0.2, 0.2))


def test_the_p_value_of_an_agreement_in_several_cells_is_the_largest():
    values = over_alpha([1, 1.02, 1.04, 1.06], seeds=20)
    alone = [estimate(values.isel(alpha=i)).agrees_with(1.0).p_value for i in range(4)]
    assert estimate(values).agrees_with(1.0).p_value == max(alone) > min(alone)


def test_an_end_of_the_interval_of_one_further_run_lies_within_it():
    values = np.arange(39.0)  # the interval runs from the smallest to the largest
    for end in (0.0, 38.0):
        assert standing(end, values, 0.95).verdict is Verdict.INCONCLUSIVE
    for beyond in (-1.0, 39.0):
        assert standing(beyond, values, 0.95).verdict is Verdict.REFUTED


def test_the_margin_is_how_many_more_values_are_on_each_side_than_it_takes():
    values, needed = np.arange(20.0), values_on_each_side(20, 0.95)
    assert standing(9.5, values, 0.95).margin == 10 - needed
    assert standing(0.5, values, 0.95).margin == 1 - needed


def test_an_unknown_value_may_be_the_smallest_or_the_largest():
    values = np.array([*np.arange(78.0), math.nan])  # of 79 the second and the last but one count
    assert prediction_interval(values, 0.95) == (0.0, 77.0)
    assert prediction_interval(values[1:], 0.95) == (-math.inf, math.inf)


def test_a_chance_that_is_just_that_of_a_tail_is_rare_enough():
    assert values_on_each_side(1, 0.95) == 1


def test_without_any_value_one_is_needed_on_each_side():
    assert values_on_each_side(0, 0.95) == 1
