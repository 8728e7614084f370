import itertools
import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from grokspec.findings import Verdict
from grokspec.statistics import (
    agreement,
    difference,
    estimate,
    false_discovery,
    power_law,
    ratio,
    trend,
)

ALPHA = [0.125, 1.0, 8.0, 64.0]


def over_seeds(values, **attrs):
    values = np.asarray(values, dtype=float)
    return xr.DataArray(values, dims="seed", coords={"seed": np.arange(values.size)}, attrs=attrs)


def over_alpha(centres, seeds=8, spread=0.05, **attrs):
    """A quantity at each α, with independent noise."""
    rng = np.random.default_rng(1)
    values = np.array(centres)[:, None] + spread * rng.standard_normal((len(centres), seeds))
    return xr.DataArray(
        values,
        dims=("alpha", "seed"),
        coords={"alpha": ALPHA[: len(centres)], "seed": np.arange(seeds)},
        attrs=attrs,
    )


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
def test_a_level_that_is_none_is_refused(level):
    with pytest.raises(ValueError, match=r"level .* between 0\.5 and 1"):
        estimate(over_seeds([1, 2, 3]), level=level)


def test_values_without_seeds_are_refused_with_the_dimensions_there_are():
    with pytest.raises(ValueError, match="no dimension 'run'; its dimensions: seed"):
        estimate(over_seeds([1, 2, 3]), over="run")


def test_an_estimate_of_nothing_is_refused():
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


def test_within_refuses_bounds_the_wrong_way_round():
    with pytest.raises(ValueError, match=r"within\(2, 1\)"):
        estimate(over_seeds([1, 2, 3, 4, 5, 6])).within(2, 1)


@settings(deadline=None)
@given(samples, st.floats(-10, 10))
def test_above_is_supported_exactly_when_the_sign_test_says_so(sample, bound):
    finding = estimate(over_seeds(sample)).above(bound)
    exact = stats.quantile_test(sample, q=bound, alternative="greater").pvalue
    assert finding.p_value == pytest.approx(exact)
    assert (finding.verdict is Verdict.SUPPORTED) == (finding.p_value <= 0.025)


@settings(deadline=None)
@given(samples, st.floats(-10, 10))
def test_below_is_supported_exactly_when_the_sign_test_says_so(sample, bound):
    finding = estimate(over_seeds(sample)).below(bound)
    exact = stats.quantile_test(sample, q=bound, alternative="less").pvalue
    assert finding.p_value == pytest.approx(exact)
    assert (finding.verdict is Verdict.SUPPORTED) == (finding.p_value <= 0.025)


@settings(deadline=None)
@given(samples, st.floats(-10, 10), st.floats(0, 5))
def test_within_is_supported_exactly_when_both_one_sided_tests_say_so(sample, low, width):
    finding = estimate(over_seeds(sample)).within(low, low + width)
    assert (finding.verdict is Verdict.SUPPORTED) == (finding.p_value <= 0.025)


@settings(deadline=None)
@given(samples, st.floats(-10, 10))
def test_a_statement_and_its_opposite_are_never_both_supported(sample, bound):
    judged = estimate(over_seeds(sample))
    verdicts = {judged.above(bound).verdict, judged.below(bound).verdict}
    assert verdicts != {Verdict.SUPPORTED}
    assume(Verdict.SUPPORTED in verdicts)
    assert verdicts == {Verdict.SUPPORTED, Verdict.REFUTED}


def test_a_finding_tells_quantity_unit_interval_and_seeds():
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


def test_an_unknown_value_widens_the_interval_and_is_told():
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


def test_a_pair_is_labelled_by_what_tells_the_two_apart():
    delay = over_alpha([1, 2, 3, 4], long_name="delay")
    judged = difference(delay.sel(alpha=64.0), delay.sel(alpha=1.0))
    assert judged.label == "delay at alpha = 64 minus delay at alpha = 1"


def test_other_seeds_do_not_pair():
    a, b = over_seeds([1, 2, 3]), over_seeds([1, 2, 3]).assign_coords(seed=[1, 2, 3])
    with pytest.raises(ValueError, match="do not pair"):
        difference(a, b)


# Trends


def test_a_rising_quantity_increases_and_does_not_decrease():
    rising = trend(over_alpha([0, 1, 2, 3]), "alpha")
    assert rising.increases.verdict is Verdict.SUPPORTED
    assert rising.decreases.verdict is Verdict.REFUTED


def test_a_falling_quantity_decreases_and_does_not_increase():
    falling = trend(over_alpha([3, 2, 1, 0]), "alpha")
    assert falling.decreases.verdict is Verdict.SUPPORTED
    assert falling.increases.verdict is Verdict.REFUTED


def test_a_flat_step_leaves_the_trend_undecided():
    assert trend(over_alpha([0, 1, 1, 2]), "alpha").increases.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("i", "j"), list(itertools.combinations(range(4), 2)))
def test_exchanging_any_two_points_refutes_a_trend(i, j):
    centres = [0.0, 1.0, 2.0, 3.0]
    centres[i], centres[j] = centres[j], centres[i]
    assert trend(over_alpha(centres), "alpha").increases.verdict is Verdict.REFUTED


def test_a_trend_follows_the_coordinate_and_not_the_order_of_the_points():
    values = over_alpha([0, 1, 2, 3]).isel(alpha=[2, 0, 3, 1])
    assert trend(values, "alpha").increases


def test_a_trend_pairs_within_seeds():
    luck = xr.DataArray(100 * np.arange(8), dims="seed", coords={"seed": np.arange(8)})
    assert trend(over_alpha([0, 1, 2, 3]) + luck, "alpha").increases


def test_a_trend_tells_its_weakest_step_and_the_effect_from_end_to_end():
    delay = over_alpha([0, 1, 1.5, 4], spread=0, long_name="delay", units="decades")
    statement = trend(delay, "alpha").increases.statement
    assert statement.startswith("change of delay at alpha 1 → 8 (weakest of 3): median 0.5 decades")
    assert statement.endswith("from end to end median 4 decades in [4, 4] over 8 seeds")


def test_a_trend_has_a_detail_for_each_step():
    finding = trend(over_alpha([0, 1, 0, 2]), "alpha").increases
    assert [line.split(", ")[-1] for line in finding.details] == [
        "above 0",
        "not above 0",
        "above 0",
    ]


def test_a_trend_holds_at_every_point_of_the_other_axes():
    rising, falling = over_alpha([0, 1, 2, 3]), over_alpha([3, 2, 1, 0])
    both = xr.concat([rising, falling], dim="epsilon").assign_coords(epsilon=[0.1, 0.2])
    finding = trend(both, "alpha").increases
    assert finding.verdict is Verdict.REFUTED
    assert "epsilon = 0.2" in finding.statement
    assert "over 2 cells" in finding.statement


def test_the_effect_of_a_trend_can_be_judged():
    assert trend(over_alpha([0, 1, 2, 3]), "alpha").end_to_end.within(2.8, 3.2)


def test_points_that_never_do_it_rise_from_those_that_do():
    values = over_alpha([0, 1, 2])
    values[2] = math.inf
    assert trend(values, "alpha").increases


def test_constant_is_about_any_two_points_and_not_only_neighbours():
    drifting = trend(over_alpha([0, 1, 2, 3], spread=0), "alpha")
    assert drifting.constant(within=1).verdict is Verdict.REFUTED
    assert drifting.constant(within=3).verdict is Verdict.SUPPORTED
    assert "alpha 0.125 → 64" in drifting.constant(within=1).statement


def test_noise_is_not_taken_for_constancy():
    noisy = trend(over_alpha([0, 0, 0, 0], spread=1), "alpha")
    assert noisy.constant(within=0.1).verdict is Verdict.INCONCLUSIVE


def test_a_trend_takes_an_axis_that_is_there_and_two_points_on_it():
    with pytest.raises(ValueError, match="no dimension 'sigma'"):
        trend(over_alpha([0, 1]), "sigma")
    with pytest.raises(ValueError, match="one point along 'alpha'"):
        trend(over_alpha([0]), "alpha")


# Power laws


def test_a_power_law_finds_the_exponent_of_each_seed():
    noise = np.exp(over_alpha([0, 0, 0, 0], spread=0.01))
    values = noise * noise.alpha**-1.0
    finding = power_law(values.assign_attrs(long_name="deviation"), "alpha").within(-1.05, -0.95)
    assert finding
    assert finding.statement.startswith("exponent of deviation in alpha: median -1")


@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan])
def test_a_power_law_through_what_has_no_logarithm_is_unknown(value):
    values = over_alpha([1, 2, 3, 4])
    values[1, 3] = value
    finding = power_law(values, "alpha").above(0)
    assert "1 with no value" in finding.statement


@pytest.mark.parametrize("points", [[0.0, 1.0], [2.0, 2.0], [-1.0, 1.0]])
def test_a_power_law_needs_different_positive_points(points):
    with pytest.raises(ValueError, match="different, positive points"):
        power_law(over_alpha([1, 2]).assign_coords(alpha=points), "alpha")


# Identities


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
    assert "1 have no value" in finding.statement


def test_a_deviation_refutes_whatever_is_missing():
    finding = agreement(over_seeds([1, math.nan]), over_seeds([2, math.nan]), rtol=1e-8)
    assert finding.verdict is Verdict.REFUTED


@pytest.mark.parametrize("tolerances", [{}, {"rtol": 0.1, "atol": 0.1}])
def test_an_agreement_takes_one_tolerance(tolerances):
    with pytest.raises(ValueError, match="one tolerance"):
        agreement(over_seeds([1]), over_seeds([1]), **tolerances)


def test_an_agreement_about_nothing_is_refused():
    with pytest.raises(ValueError, match="not one number"):
        agreement(over_seeds([math.nan]), over_seeds([1]), rtol=0.1)


# False discovery


def test_p_values_are_adjusted_for_their_number_and_none_stays_none():
    assert false_discovery([0.01, None, 0.04, 0.03]) == [
        pytest.approx(0.03),
        None,
        pytest.approx(0.04),
        pytest.approx(0.04),
    ]


def test_no_p_values_need_no_adjustment():
    assert false_discovery([None, None]) == [None, None]
