import numpy as np
import pytest
import xarray as xr

from grokspec import measures
from grokspec.errors import GrokspecError
from grokspec.measures.crossing_times import crossing_time

STEPS = np.array([0, 1, 10, 100, 1000])


def results(baseline=2.0, **quantities):
    """Results with one axis, seed, made of one curve each."""
    curves = {name: (("seed", "record"), np.array([v], float)) for name, v in quantities.items()}
    time = ("record", STEPS.astype(float))
    return xr.Dataset(curves | {"baseline": ("seed", [baseline]), "time": time})


def number(measured):
    return float(measured.squeeze())


def test_crossing_is_interpolated_in_log_time():
    loss = xr.DataArray([[4.0, 3.0, 2.0, 1.0, 0.0]], dims=("seed", "record"))
    time = xr.DataArray(STEPS.astype(float), dims="record")
    assert number(crossing_time(loss, time, 1.5)) == pytest.approx(10**1.5)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ([4, 4, 4, 4, 4], np.inf),  # never
        ([1, 4, 4, 4, 4], 0),  # at once
        ([4, 1, 4, 4, 4], 0.5 * 2 ** (2.5 / 3)),  # between time 0 and the first
        ([4, np.nan, np.nan, np.nan, np.nan], np.nan),  # diverged before
        ([4, 3, 1, np.nan, np.nan], 10 ** (1.5 / 2)),  # diverged after
    ],
)
def test_crossing_of_curves_that_never_always_or_brokenly_cross(loss, expected):
    loss = xr.DataArray([np.array(loss, float)], dims=("seed", "record"))
    time = xr.DataArray(STEPS.astype(float), dims="record")
    assert number(crossing_time(loss, time, 1.5)) == pytest.approx(expected, nan_ok=True)


def test_delay_is_from_the_training_losss_crossing_to_the_test_losss():
    r = results(train_loss=[2, 0, 0, 0, 0], test_loss=[2, 2, 2, 0, 0])
    train, test = 0.5 * 2**0.5, 10**1.5
    assert number(measures.grokking_delay(r, threshold=0.5)) == pytest.approx(test - train)
    assert number(measures.log_grokking_delay(r, threshold=0.5)) == pytest.approx(
        np.log10(test / train)
    )


def test_delay_is_censored_where_the_test_loss_never_falls_and_undefined_where_training_fails():
    never = results(train_loss=[2, 0, 0, 0, 0], test_loss=[2, 2, 2, 2, 2])
    failed = results(train_loss=[2, 2, 2, 2, 2], test_loss=[2, 2, 2, 2, 2])
    for delay in (measures.grokking_delay, measures.log_grokking_delay):
        assert number(delay(never)) == np.inf
        assert np.isnan(number(delay(failed)))


def test_losses_are_in_units_of_the_baseline_and_exact_where_that_was_recorded():
    r = results(baseline=4.0, train_loss=[4, 2, 1, 1, 1], test_loss=[9, 9, 9, 9, 9])
    assert number(measures.final_train_loss(r)) == 0.25
    assert number(measures.final_loss(r)) == 2.25
    exact = r.assign(population_loss=r["test_loss"] / 9)
    assert number(measures.final_loss(exact)) == 0.25


def test_bump_is_one_for_a_loss_that_never_rises_and_nan_for_a_diverged_one():
    falling = results(train_loss=[2, 1, 1, 1, 1], test_loss=[2, 1, 1, 0.5, 0])
    rising = results(train_loss=[2, 1, 1, 1, 1], test_loss=[2, 3, 1, 0.5, 0])
    diverged = results(train_loss=[2, 1, 1, 1, 1], test_loss=[2, 3, np.nan, np.nan, np.nan])
    assert number(measures.bump(falling)) == 1
    assert number(measures.bump(rising)) == 1.5
    assert np.isnan(number(measures.bump(diverged)))
    assert number(measures.train_fall_at_peak(rising)) == 0.5
    assert np.isnan(number(measures.train_fall_at_peak(diverged)))


def test_shares_of_the_rise_and_of_the_fall():
    r = results(
        train_loss=[1, 1, 1, 1, 1],
        population_loss=[10, 14, 6, 2, 2],
        linear_power=[0, 3, 1, 0, 0],
        misalignment_error=[8, 9, 4, 2, 2],
        variance_error=[2, 2, 1, 0, 0],
    )
    assert number(measures.power_share_of_rise(r)) == 0.75
    assert number(measures.power_transience(r)) == 1.5
    fall = measures.late_fall(r)
    assert fall.sel(term="misalignment_error").item() == pytest.approx(7 / 12)
    assert fall.sum("term").item() == pytest.approx(1)
    flat = r.assign(population_loss=r["population_loss"] * 0 + 1)
    assert np.isnan(number(measures.power_share_of_rise(flat)))


def test_departures_from_the_linearized_model():
    loss = xr.DataArray(
        [[[2, 4, 1, 1, 0.5], [2, 5, 5, 5, 5]]], dims=("seed", "linearized", "record")
    )
    r = xr.Dataset({"population_loss": loss, "baseline": ("seed", [1.0])}).assign_coords(
        linearized=[False, True]
    )
    assert number(measures.departure_to_peak(r)) == pytest.approx(0.2)
    assert number(measures.departure_at_end(r)) == 10
    assert number(measures.largest_departure(r)) == 4.5


def test_growths_and_the_solutions_norm():
    beta_squared_over_size = 0.5
    r = results(
        baseline=0.75 * beta_squared_over_size**2,
        weight_norm=[1, 1, 1, 1, 2],
        alignment=[0.1, 0.1, 0.1, 0.1, 0.3],
    ).assign_coords(alpha=0.5, epsilon=0.25)
    assert number(measures.norm_growth(r)) == 2
    assert number(measures.alignment_growth(r)) == pytest.approx(3)
    assert number(measures.norm_over_solution(r)) == pytest.approx(1)


def test_a_measure_carries_its_label_and_unit_and_is_found_by_name():
    r = results(train_loss=[2, 1, 1, 1, 1], test_loss=[2, 1, 1, 0.5, 0])
    delay = measures.measure_named("grokking_delay")(r)
    assert delay.attrs == {"long_name": "grokking delay", "units": "η₀ × steps"}


def test_an_unknown_measure_is_refused_with_the_nearest_name():
    with pytest.raises(GrokspecError, match="'groking_delay' does not exist; did you mean"):
        measures.measure_named("groking_delay")
