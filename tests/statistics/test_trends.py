import itertools
import math

import numpy as np
import pytest
import xarray as xr
from labeled_values import over_alpha
from scipy import stats

from grokspec.statistics import exponential, power_law, trend
from grokspec.statistics.verdict import Verdict


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
    centers = [0.0, 1.0, 2.0, 3.0]
    centers[i], centers[j] = centers[j], centers[i]
    assert trend(over_alpha(centers), "alpha").increases.verdict is Verdict.REFUTED


def test_a_trend_follows_the_coordinate_and_not_the_order_of_the_points():
    values = over_alpha([0, 1, 2, 3]).isel(alpha=[2, 0, 3, 1])
    assert trend(values, "alpha").increases


def test_a_trend_pairs_within_seeds():
    luck = xr.DataArray(100 * np.arange(8), dims="seed", coords={"seed": np.arange(8)})
    assert trend(over_alpha([0, 1, 2, 3]) + luck, "alpha").increases


def test_a_trend_states_its_weakest_step_and_the_effect_from_end_to_end():
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


def test_constant_is_about_any_two_points_and_not_only_neighbors():
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


# Exponentials


@pytest.fixture
def scattered():
    """Positive values that follow no law."""
    return np.exp(over_alpha([0, 3, 1, 2], spread=0.5, long_name="delay"))


def test_an_exponential_has_the_rate_that_scipy_fits_to_each_seed(scattered):
    rates = exponential(scattered, "alpha").rate.values
    for seed, values in scattered.groupby("seed"):
        fit = stats.linregress(scattered.alpha, np.log(values.to_numpy().ravel()))
        assert rates.sel(seed=seed).item() == pytest.approx(fit.slope)


def test_departures_are_what_scipys_fit_leaves_as_factors(scattered):
    departures = exponential(scattered, "alpha").departures.values
    for seed, values in scattered.groupby("seed"):
        values = values.to_numpy().ravel()
        fit = stats.linregress(scattered.alpha, np.log(values))
        fitted = np.exp(fit.intercept + fit.slope * scattered.alpha)
        np.testing.assert_allclose(departures.sel(seed=seed), values / fitted)


def test_the_departures_of_a_seed_multiply_to_one(scattered):
    departures = exponential(scattered, "alpha").departures.values
    np.testing.assert_allclose(departures.prod("alpha"), 1)


def test_nothing_departs_from_an_exponential_and_something_from_a_power():
    factor = np.exp(over_alpha([0, 0, 0, 0], spread=0).isel(alpha=slice(3)))
    growing = exponential(factor * np.exp(0.3 * factor.alpha), "alpha")
    assert growing.rate.within(0.3 - 1e-9, 0.3 + 1e-9)
    assert growing.departures.within(1 - 1e-9, 1 + 1e-9)
    power = exponential(factor * factor.alpha**2, "alpha").departures
    assert power.within(0.9, 1.1).verdict is Verdict.REFUTED


@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan])
def test_a_seed_with_a_value_that_has_no_logarithm_is_unknown_at_every_point(value, scattered):
    scattered[1, 3] = value
    found = exponential(scattered, "alpha")
    assert found.rate.unknown == 1
    assert (found.departures.unknown == 1).all()


def test_an_exponential_does_not_depend_on_where_the_axis_begins(scattered):
    moved = scattered.assign_coords(alpha=scattered.alpha - 100)
    here, there = exponential(scattered, "alpha"), exponential(moved, "alpha")
    np.testing.assert_allclose(here.rate.values, there.rate.values)
    np.testing.assert_allclose(here.departures.values, there.departures.values)


@pytest.mark.parametrize("points", [[2.0, 2.0], [1.0, math.nan], ["a", "b"], [False, True]])
def test_an_exponential_needs_different_numbers_as_points(points):
    with pytest.raises(ValueError, match="different numbers"):
        exponential(over_alpha([1, 2]).assign_coords(alpha=points), "alpha")


def test_an_exponential_says_what_it_is_the_rate_of_and_where_it_is_missed_most():
    kinked = np.exp(over_alpha([0, 0, 0, 3], spread=0, long_name="delay"))
    found = exponential(kinked, "alpha")
    assert str(found.rate.above(0)).startswith("SUPPORTED: rate of delay in alpha: median 0.0")
    weakest = found.departures.within(0.99, 1.01).statement
    assert weakest.startswith("delay over its exponential in alpha at alpha = 8 (weakest of 4):")


# What a figure is drawn from


def test_a_trend_carries_every_step():
    (part,) = trend(over_alpha([0, 1, 2, 3], long_name="delay"), "alpha").increases.evidence
    assert part.quantity == "change of delay"
    assert [cell.place for cell in part.cells] == ["alpha 0.125 → 1", "alpha 1 → 8", "alpha 8 → 64"]


@pytest.mark.parametrize("fit", [power_law, lambda v, along: exponential(v, along).rate])
def test_points_may_be_as_near_to_one_another_as_they_like(fit):
    near = np.exp(over_alpha([0, 1], spread=0)).assign_coords(alpha=[0.5, 0.625])
    assert fit(near, "alpha").above(1)
