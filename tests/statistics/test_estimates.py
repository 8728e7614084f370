import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given
from hypothesis import strategies as st
from labeled_values import ALPHA, over_alpha, over_seeds
from scipy import stats

from grokspec.statistics import difference, estimate, ratio
from grokspec.statistics.estimates import seeds_needed
from grokspec.statistics.verdict import Verdict

samples = st.lists(
    st.one_of(st.floats(-10, 10), st.sampled_from([0.0, 1.0, math.inf])), min_size=6, max_size=25
)


# The interval


@pytest.mark.parametrize(("n", "low", "high"), [(6, 1, 6), (8, 1, 8), (9, 2, 8), (20, 6, 15)])
def test_interval_is_the_tightest_pair_of_order_statistics_that_keeps_the_level(n, low, high):
    judged = estimate(over_seeds(np.random.default_rng(n).permutation(n) + 1.0))
    assert (float(judged.low), float(judged.high)) == (low, high)
    missed = 2 * stats.binom.cdf(low - 1, n, 0.5)
    assert missed <= 0.05 < 2 * stats.binom.cdf(low, n, 0.5)


@pytest.mark.parametrize("level", [0.75, 0.8, 0.95, 0.99, 0.999])  # 0.75 has ties: 1/4 is 2 in 8
def test_interval_is_that_of_scipys_quantile_test(level):
    for n in range(1, 60):
        judged = estimate(over_seeds(np.arange(1.0, n + 1)), level=level)
        exact = stats.quantile_test(np.arange(1.0, n + 1)).confidence_interval(level)
        low, high = np.nan_to_num(exact.low, nan=-np.inf), np.nan_to_num(exact.high, nan=np.inf)
        assert (float(judged.low), float(judged.high)) == (low, high)


def test_interval_covers_the_median_as_often_as_it_says():
    draws = stats.expon.rvs(size=(2_000, 9), random_state=1)
    data = xr.DataArray(draws, dims=("repetition", "seed"))
    judged = estimate(data)
    covered = ((judged.low <= np.log(2)) & (np.log(2) <= judged.high)).mean()
    assert 0.95 <= covered <= 0.975  # exactly 0.961; 0.95 is more than two deviations away


def test_median_of_an_even_number_lies_between_the_middle_two():
    assert float(estimate(over_seeds([1, 2, 4, 9, 3, 8])).median) == 3.5


def test_interval_is_infinite_with_too_few_seeds_and_says_how_many_it_takes():
    finding = estimate(over_seeds([1, 2, 3, 4, 5])).above(0)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert finding.interval == (-math.inf, math.inf)
    assert "5 seeds, too few for a 95% interval (6 are needed)" in finding.statement


def test_a_higher_level_needs_more_seeds():
    finding = estimate(over_seeds(np.arange(7) + 1), level=0.99).above(0)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "99% interval (8 are needed)" in finding.statement
    assert estimate(over_seeds(np.arange(8) + 1), level=0.99).above(0)


@pytest.mark.parametrize("level", [0.5, 1.0, 95])
def test_a_level_that_is_none_is_an_error(level):
    with pytest.raises(ValueError, match=r"level .* between 0\.5 and 1"):
        estimate(over_seeds([1, 2, 3]), level=level)


def test_values_without_seeds_are_an_error_that_lists_their_dimensions():
    with pytest.raises(ValueError, match="no dimension 'run'; its dimensions: seed"):
        estimate(over_seeds([1, 2, 3]), over="run")


def test_an_estimate_of_nothing_is_an_error():
    with pytest.raises(ValueError, match=r"delay is empty: \{'alpha': 0, 'seed': 8\}"):
        estimate(over_alpha([1, 2], long_name="delay").isel(alpha=[]))


# The verdict


@pytest.mark.parametrize(
    ("bound", "verdict"),
    [
        (0.9, Verdict.SUPPORTED),
        (1.0, Verdict.INCONCLUSIVE),
        (3.5, Verdict.INCONCLUSIVE),
        (6.0, Verdict.REFUTED),
        (6.1, Verdict.REFUTED),
    ],
)
def test_above_is_where_the_interval_from_1_to_6_lies(bound, verdict):
    assert estimate(over_seeds([1, 2, 3, 4, 5, 6])).above(bound).verdict is verdict


@pytest.mark.parametrize(
    ("bound", "verdict"),
    [
        (6.1, Verdict.SUPPORTED),
        (6.0, Verdict.INCONCLUSIVE),
        (1.0, Verdict.REFUTED),
        (0.9, Verdict.REFUTED),
    ],
)
def test_below_is_where_the_interval_from_1_to_6_lies(bound, verdict):
    assert estimate(over_seeds([1, 2, 3, 4, 5, 6])).below(bound).verdict is verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1, 6, Verdict.SUPPORTED),
        (0, 9, Verdict.SUPPORTED),
        (2, 9, Verdict.INCONCLUSIVE),
        (2, 5, Verdict.INCONCLUSIVE),
        (7, 9, Verdict.REFUTED),
        (-1, 0, Verdict.REFUTED),
    ],
)
def test_within_is_where_the_interval_from_1_to_6_lies(low, high, verdict):
    assert estimate(over_seeds([1, 2, 3, 4, 5, 6])).within(low, high).verdict is verdict


def test_bounds_the_wrong_way_round_are_an_error():
    with pytest.raises(ValueError, match=r"within\(2, 1\)"):
        estimate(over_seeds([1, 2, 3, 4, 5, 6])).within(2, 1)


@given(samples, st.floats(-10, 10))
def test_above_is_supported_exactly_when_the_sign_test_says_so(sample, bound):
    finding = estimate(over_seeds(sample)).above(bound)
    exact = stats.quantile_test(sample, q=bound, alternative="greater").pvalue
    assert finding.p_value == pytest.approx(exact)
    assert (finding.verdict is Verdict.SUPPORTED) == (finding.p_value <= 0.025)


@given(samples, st.floats(-10, 10))
def test_below_is_supported_exactly_when_the_sign_test_says_so(sample, bound):
    finding = estimate(over_seeds(sample)).below(bound)
    exact = stats.quantile_test(sample, q=bound, alternative="less").pvalue
    assert finding.p_value == pytest.approx(exact)
    assert (finding.verdict is Verdict.SUPPORTED) == (finding.p_value <= 0.025)


@given(samples, st.floats(-10, 10), st.floats(0, 5))
def test_within_is_supported_exactly_when_both_one_sided_tests_say_so(sample, low, width):
    finding = estimate(over_seeds(sample)).within(low, low + width)
    assert (finding.verdict is Verdict.SUPPORTED) == (finding.p_value <= 0.025)


@given(samples, st.floats(-10, 10))
def test_a_statement_and_its_opposite_are_never_both_supported(sample, bound):
    judged = estimate(over_seeds(sample))
    verdicts = {judged.above(bound).verdict, judged.below(bound).verdict}
    assert verdicts != {Verdict.SUPPORTED}
    assume(Verdict.SUPPORTED in verdicts)
    assert verdicts == {Verdict.SUPPORTED, Verdict.REFUTED}


def test_a_finding_states_quantity_unit_interval_and_seeds():
    delay = over_seeds([0.7, 0.8, 0.8, 0.9, 0.9, 0.95], long_name="grokking delay", units="decades")
    finding = estimate(delay).above(0.3)
    expected = "grokking delay: median 0.85 decades in [0.7, 0.95] over 6 seeds, above 0.3"
    assert finding.statement == expected
    assert (finding.measured, finding.n, finding.unit) == (pytest.approx(0.85), 6, "decades")


def test_an_estimate_prints_a_line_for_each_cell():
    lines = str(estimate(over_alpha([0, 1], long_name="delay"))).splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "delay at alpha = 0.125",
        "delay at alpha = 1",
    ]


# Censored and unknown runs


def test_runs_that_never_do_it_move_the_median_and_are_not_dropped():
    finding = estimate(over_seeds([1, 2, 3, 4, 5, math.inf])).above(0)
    assert finding.verdict is Verdict.SUPPORTED
    assert (finding.n, finding.interval) == (6, (1.0, math.inf))


def test_the_median_of_mostly_censored_runs_is_infinite():
    judged = estimate(over_seeds([1, 2] + [math.inf] * 6))
    assert float(judged.median) == math.inf
    assert judged.above(1e9).verdict is Verdict.INCONCLUSIVE  # the interval reaches down to 1
    assert judged.below(10).verdict is Verdict.INCONCLUSIVE


def test_never_is_supported_if_every_order_statistic_of_the_interval_is_infinite():
    assert estimate(over_seeds([math.inf] * 6)).never
    assert estimate(over_seeds([5.0] + [math.inf] * 6)).never.verdict is Verdict.INCONCLUSIVE
    happens = estimate(over_seeds([1, 2, 3, 4, 5, 6])).never
    assert happens.verdict is Verdict.REFUTED
    assert "it does happen" in happens.statement


def test_below_infinity_says_that_it_happens_at_all():
    assert estimate(over_seeds([1, 2, 3, 4, 5, 6])).below(math.inf)
    assert not estimate(over_seeds([math.inf] * 6)).below(math.inf)


def test_an_unknown_value_widens_the_interval_and_is_counted():
    known = estimate(over_seeds(range(1, 11)))
    one, two = (estimate(over_seeds([math.nan] * k + list(range(1, 11 - k)))) for k in (1, 2))
    assert (float(known.low), float(known.high)) == (2, 9)
    assert (float(one.low), float(one.high)) == (1, 9)
    assert (float(two.low), float(two.high)) == (-math.inf, math.inf)
    assert one.above(0).verdict is Verdict.SUPPORTED
    assert one.above(0).n == 10
    assert "1 with no value" in one.above(0).statement
    assert two.above(0).verdict is Verdict.INCONCLUSIVE


@given(st.lists(st.floats(-5, 5), min_size=7, max_size=12), st.floats(-5, 5), st.data())
def test_the_interval_holds_whatever_the_unknown_value_was(values, was, data):
    place = data.draw(st.integers(0, len(values)))
    filled = estimate(over_seeds([*values[:place], was, *values[place:]]))
    unknown = estimate(over_seeds([*values[:place], math.nan, *values[place:]]))
    assert float(unknown.low) <= float(filled.low)
    assert float(filled.high) <= float(unknown.high)
    assert unknown.above(0).p_value >= filled.above(0).p_value


def test_the_difference_of_two_runs_that_both_never_do_it_is_unknown():
    both = difference(over_seeds([math.inf] * 8), over_seeds([math.inf] * 8))
    assert both.above(0).verdict is both.below(0).verdict is Verdict.INCONCLUSIVE
    assert both.within(-1, 1).verdict is Verdict.INCONCLUSIVE


# Several cells


def test_a_finding_about_several_cells_holds_if_it_holds_in_each():
    assert estimate(over_alpha([1, 2, 3, 4])).above(0)


def test_one_cell_that_refutes_refutes_the_whole_and_is_named():
    finding = estimate(over_alpha([1, 2, -3, 4], spread=0, long_name="delay")).above(0)
    assert finding.verdict is Verdict.REFUTED
    assert finding.statement.startswith("delay at alpha = 8 (weakest of 4): median -3")
    assert len(finding.details) == 4


def test_one_undecided_cell_leaves_the_whole_undecided():
    assert estimate(over_alpha([1, 2, 0, 4])).above(0).verdict is Verdict.INCONCLUSIVE


def test_the_weakest_of_supported_cells_is_the_one_nearest_to_the_bound():
    assert "alpha = 1 " in estimate(over_alpha([3, 1, 2, 4])).above(0).statement


def test_the_p_value_of_several_cells_is_the_largest():
    values = over_alpha([1, 0, 2, 3])
    alone = [estimate(values.sel(alpha=a)).above(0).p_value for a in ALPHA]
    assert estimate(values).above(0).p_value == max(alone) > min(alone)


# Pairs


def test_difference_pairs_within_seeds():
    luck = np.array([0, 10, 20, 30, 40, 50])  # seeds differ far more than the effect
    assert difference(over_seeds(luck + 1), over_seeds(luck)).within(1, 1)


def test_two_zeros_have_the_ratio_one():
    nothing = over_seeds([0.0] * 6)
    assert ratio(nothing, nothing).within(1, 1)


def test_later_is_never_than_at_some_time():
    never, at_some_time = over_seeds([math.inf] * 6), over_seeds(np.arange(6))
    assert difference(never, at_some_time).never
    assert difference(at_some_time, never).below(0)


def test_ratio_of_two_zeros_is_a_tie():
    zero = over_seeds([0.0] * 6)
    assert ratio(zero, zero).within(1, 1)


def test_ratio_is_within_seeds_and_has_no_unit():
    steps = over_seeds([1, 2, 3, 4, 5, 6], units="steps")
    finding = ratio(3 * steps, steps.assign_attrs(units="steps")).within(3, 3)
    assert finding
    assert finding.unit == ""


def test_a_pair_is_labeled_by_the_coordinates_that_differ():
    delay = over_alpha([1, 2, 3, 4], long_name="delay")
    judged = difference(delay.sel(alpha=64.0), delay.sel(alpha=1.0))
    assert judged.label == "delay at alpha = 64 minus delay at alpha = 1"


def test_other_seeds_do_not_pair():
    a, b = over_seeds([1, 2, 3]), over_seeds([1, 2, 3]).assign_coords(seed=[1, 2, 3])
    with pytest.raises(ValueError, match="do not pair"):
        difference(a, b)


# What a figure is drawn from


def test_a_finding_carries_the_seeds_the_intervals_and_the_region_of_every_cell():
    values = over_alpha([1, 2, 3, 4], long_name="delay", units="decades")
    (part,) = estimate(values).within(0.5, 3.5).evidence
    assert (part.quantity, part.unit, part.region) == ("delay", "decades", (0.5, 3.5))
    assert [cell.place for cell in part.cells] == [f"alpha = {alpha:g}" for alpha in ALPHA]
    for cell, alpha in zip(part.cells, ALPHA, strict=True):
        sample = np.sort(values.sel(alpha=alpha))
        assert sorted(cell.values) == pytest.approx(sample)
        assert cell.median == pytest.approx(np.median(sample))
        assert cell.interval == pytest.approx((sample[0], sample[-1]))  # of eight seeds
    assert [cell.verdict for cell in part.cells] == [*[Verdict.SUPPORTED] * 3, Verdict.REFUTED]
    assert part.verdict is Verdict.REFUTED
    assert np.argmin([cell.margin for cell in part.cells]) == 3


@pytest.mark.parametrize(
    ("judge", "region"),
    [
        (lambda e: e.above(0.3), (0.3, math.inf)),
        (lambda e: e.below(0.3), (-math.inf, 0.3)),
        (lambda e: e.never, (math.inf, math.inf)),
    ],
)
def test_a_region_without_a_bound_is_infinite_there(judge, region):
    (part,) = judge(estimate(over_seeds([1, 2, 3, 4, 5, 6]))).evidence
    assert part.region == region
    assert part.cells[0].place == ""


# How far an interval is from a bound


@pytest.mark.parametrize(
    ("judge", "margin"),
    [
        (lambda e: e.above(0.75), 0.25),  # of the interval from 1 to 6
        (lambda e: e.above(3), -2),
        (lambda e: e.below(6.5), 0.5),
        (lambda e: e.within(0.5, 9), 0.5),
        (lambda e: e.within(-9, 6.25), 0.25),
        (lambda e: e.within(-math.inf, 7), 1),
        (lambda e: e.never, 0),
    ],
)
def test_the_margin_is_the_distance_of_the_interval_from_the_nearer_bound(judge, margin):
    (part,) = judge(estimate(over_seeds([1, 2, 3, 4, 5, 6]))).evidence
    assert part.cells[0].margin == margin


def test_a_finding_about_one_cell_has_no_details():
    assert estimate(over_seeds([1, 2, 3, 4, 5, 6])).above(0).details == ()


@pytest.mark.parametrize(("level", "needed"), [(0.75, 4), (0.875, 5), (0.9, 5), (0.95, 6)])
def test_an_interval_has_finite_ends_from_a_number_of_seeds(level, needed):
    assert seeds_needed(level) == needed
    for seeds, is_finite in ((needed, True), (needed - 1, False)):
        low = float(estimate(over_seeds(range(seeds)), level=level).low)
        assert math.isfinite(low) is is_finite


def test_a_finding_about_two_cells_has_a_detail_of_each_and_neither_is_called_the_weakest():
    details = estimate(over_alpha([1, 2], long_name="delay")).above(0).details
    assert [line.partition(":")[0] for line in details] == [
        "delay at alpha = 0.125",
        "delay at alpha = 1",
    ]
