"""What every statistic makes of zeros, ties, infinities and unknown values."""

import math

import numpy as np
import pytest
import xarray as xr
from edge_numbers import EDGE, no_warnings, other_zeros
from hypothesis import given, settings
from hypothesis import strategies as st
from labeled_values import over_alpha, over_seeds
from scipy import stats

from grokspec import statistics
from grokspec.statistics import (
    agreement,
    difference,
    estimate,
    exponential,
    power_law,
    ratio,
    trend,
)
from grokspec.statistics.verdict import Verdict


def of_an_estimate(judged, scale=1.0):
    """Every statement on an estimate in the unit of its values."""
    bounds = 0.0, 0.3 * scale, -0.3 * scale, 1.0 * scale
    yield from (judged.above(bound) for bound in bounds)
    yield from (judged.below(bound) for bound in bounds)
    yield from (judged.within(0.0, scale), judged.within(-math.inf, scale), judged.never)


STATEMENTS = {
    "estimate": lambda v, c: of_an_estimate(estimate(v), c),
    "difference": lambda v, c: of_an_estimate(difference(v[0], v[1]), c),
    "ratio": lambda v, c: of_an_estimate(ratio(abs(v[0]), abs(v[1]))),
    "power_law": lambda v, c: of_an_estimate(power_law(v, "alpha")),
    "exponential": lambda v, c: (
        *of_an_estimate(exponential(v, "alpha").rate),
        exponential(v, "alpha").departures.within(0.5, 2),  # through two points it misses nothing
    ),
    "trend": lambda v, c: (
        trend(v, "alpha").increases,
        trend(v, "alpha").decreases,
        trend(v, "alpha").constant(0.3 * c),
    ),
    "agreement": lambda v, c: (
        agreement(v[0], v[1], rtol=0),
        agreement(v[0], v[1], rtol=0.5),
        agreement(v[0], v[1], atol=0.3 * c),
    ),
}
"""All that can be said of values at two α, in a unit ``c``, by the statistic that says it."""

OTHER = {"LEVEL", "Estimate", "Exponential", "Trend", "all_of", "false_discovery"}


def test_every_statistic_is_held_against_numbers_at_the_edge():
    assert set(STATEMENTS) | OTHER == set(statistics.__all__)


def two_points(numbers):
    """A quantity at two α."""
    half = len(numbers) // 2
    return xr.DataArray(
        [numbers[:half], numbers[half : 2 * half]],
        {"alpha": [0.5, 2.0], "seed": np.arange(half)},
        ("alpha", "seed"),
        "delay",
    )


def with_the_first_known(values):
    """The values with a number where there must be one for two to be compared."""
    return values.where(values.seed > 0, 0.3)


every_statistic = pytest.mark.parametrize("name", STATEMENTS)
some = settings(max_examples=5)
EXTREMES = [-math.inf, -1e300, -1.0, -0.0, 0.0, 0.3, 1.0, 1e300, math.inf]


def samples(among):
    return st.lists(st.sampled_from(among), min_size=12, max_size=20)


@every_statistic
@some
@given(numbers=samples(EDGE))
def test_a_verdict_follows_from_no_sign_of_a_zero_and_warns_of_nothing(name, numbers):
    values = with_the_first_known(two_points(numbers))
    with no_warnings():
        found = list(STATEMENTS[name](values, 1.0))
        signed = list(STATEMENTS[name](values.copy(data=other_zeros(values.to_numpy())), 1.0))
    for one, other in zip(found, signed, strict=True):
        assert (str(one), one.p_value, one.details) == (str(other), other.p_value, other.details)


@every_statistic
@some
@given(numbers=samples([math.nan, *EXTREMES, 1.0, 1.0, 2.0]), was=st.sampled_from(EXTREMES))
def test_an_unknown_value_decides_nothing_that_another_value_would_undo(name, numbers, was):
    values = with_the_first_known(two_points(numbers))
    found = STATEMENTS[name](values, 1.0)
    for unknown, known in zip(found, STATEMENTS[name](values.fillna(was), 1.0), strict=True):
        assert unknown.verdict in (Verdict.INCONCLUSIVE, known.verdict)
        if unknown.p_value is not None and known.p_value is not None:
            assert unknown.p_value >= known.p_value


@every_statistic
@some
@given(numbers=samples([0.0, 0.1, 0.3, 1.0, 2.0, math.nan, math.inf]), power=st.integers(-40, 40))
def test_a_verdict_does_not_depend_on_the_unit(name, numbers, power):
    values, unit = with_the_first_known(two_points(numbers)), 2.0**power
    found = STATEMENTS[name](values, 1.0)
    for one, other in zip(found, STATEMENTS[name](values * unit, unit), strict=True):
        assert (one.verdict, one.p_value) == (other.verdict, other.p_value)


@given(st.lists(st.integers(-2, 2), min_size=6, max_size=20))
def test_ties_count_against_both_sides_as_in_scipys_exact_binomial_test(values):
    judged = estimate(over_seeds(values))
    above, below = (sum(sign * v > 0 for v in values) for sign in (1, -1))
    for count, finding in ((above, judged.above(0)), (below, judged.below(0))):
        exact = stats.binomtest(count, len(values), 0.5, alternative="greater").pvalue
        assert finding.p_value == pytest.approx(exact)


# Each value by its meaning


@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize("value", [1.0, 5e-324])
def test_a_ratio_to_zero_is_unknown(value, zero):
    judged = ratio(over_seeds([value] * 8), over_seeds([zero] * 8))
    for finding in (judged.above(1), judged.below(1), judged.never):
        assert finding.verdict is Verdict.INCONCLUSIVE
        assert "8 with no value" in finding.statement


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_a_ratio_of_two_zeros_is_a_tie_whatever_their_signs(zero):
    tie = ratio(over_seeds([zero] * 8), over_seeds([0.0] * 8))
    assert tie.within(1, 1)
    assert tie.above(1).verdict is tie.below(1).verdict is Verdict.REFUTED


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_what_never_happens_is_any_number_of_times_later_than_what_happens_at_once(zero):
    assert ratio(over_seeds([math.inf] * 8), over_seeds([zero] * 8)).never
    assert ratio(over_seeds([zero] * 8), over_seeds([math.inf] * 8)).within(0, 0)


def test_a_ratio_that_is_too_large_for_a_number_is_not_taken_for_never():
    assert ratio(over_seeds([1.0] * 8), over_seeds([5e-324] * 8)).never.verdict is (
        Verdict.INCONCLUSIVE
    )


def test_all_ties_are_neither_above_nor_below():
    tied = estimate(over_seeds([0.0, -0.0] * 4))
    assert tied.above(0).verdict is tied.below(0).verdict is Verdict.REFUTED
    assert tied.above(0).p_value == tied.below(0).p_value == 1
    assert tied.within(0, 0)
    assert "median 0 in [0, 0]" in tied.within(0, 0).statement


def test_a_median_between_infinities_of_both_signs_is_unknown_and_one_of_large_numbers_is_not():
    with no_warnings():
        torn = estimate(over_seeds([-math.inf] * 4 + [math.inf] * 4))
        large = estimate(over_seeds([1.5e308] * 4 + [1.7e308] * 4))
    assert math.isnan(torn.median)
    assert torn.above(0).verdict is torn.never.verdict is Verdict.INCONCLUSIVE
    assert float(large.median) == pytest.approx(1.6e308)


@pytest.mark.parametrize(
    "judge",
    [
        lambda e: e.above(math.nan),
        lambda e: e.below(math.nan),
        lambda e: e.within(0, math.nan),
        lambda e: e.within(math.nan, 0),
    ],
)
def test_a_bound_that_is_not_known_is_an_error(judge):
    with pytest.raises(ValueError, match="delay cannot be held against NaN: the bound was"):
        judge(estimate(over_seeds([1] * 8, long_name="delay")))


def test_a_region_that_holds_every_number_is_an_error():
    with pytest.raises(ValueError, match="every number is; give at least one bound"):
        estimate(over_seeds([math.nan] * 8)).within(-math.inf, math.inf)


@pytest.mark.parametrize("tolerance", [math.nan, math.inf, -1.0])
def test_a_tolerance_that_is_none_is_an_error(tolerance):
    with pytest.raises(ValueError, match=f"tolerance = {tolerance}: it is a number that is not"):
        agreement(over_seeds([1]), over_seeds([1]), rtol=tolerance)


@pytest.mark.parametrize("points", [[1.0, 1.0, 2.0], [0.0, -0.0, 1.0], [1.0, math.nan, 2.0]])
def test_points_without_an_order_have_no_trend(points):
    values = over_alpha([1, 2, 3]).assign_coords(alpha=points)
    with pytest.raises(ValueError, match="has no value or that of another, so that there is no"):
        trend(values, "alpha")


def test_a_p_value_that_is_not_known_does_not_count():
    assert statistics.false_discovery([0.01, math.nan, 0.04]) == [0.02, None, 0.04]


def test_a_zero_has_no_sign_in_the_numbers_behind_a_finding():
    (part,) = estimate(over_seeds([-0.0] * 8)).within(0, 0).evidence
    numbers = (*part.cells[0].values, part.cells[0].median, *part.cells[0].interval)
    assert [math.copysign(1, zero) for zero in numbers] == [1] * 11
