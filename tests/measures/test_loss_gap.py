import numpy as np
import pytest
import xarray as xr

from grokspec.measures import departure_until, largest_loss_gap, largest_loss_ratio


def results(train, test, baseline=2.0):
    curves = {"train_loss": train, "test_loss": test}
    return xr.Dataset(
        {name: (("seed", "record"), np.array([curve], float)) for name, curve in curves.items()}
        | {"baseline": ("seed", [baseline])}
    )


def number(measured):
    return float(measured.squeeze())


def test_gap_compares_each_loss_with_its_own_first_value():
    assert number(largest_loss_gap(results([8, 4, 2, 1], [4, 3, 3, 0.5]))) == pytest.approx(0.5)
    assert number(largest_loss_gap(results([8, 4, 1], [4, 2, 0.5]))) == 0


def test_ratio_is_that_of_the_losses_themselves():
    assert number(largest_loss_ratio(results([8, 1, 0.5], [4, 2, 3]))) == pytest.approx(6)


@pytest.mark.parametrize("measure", [largest_loss_gap, largest_loss_ratio])
def test_neither_depends_on_the_baseline_and_both_are_unknown_of_a_diverged_run(measure):
    train, test = [8, 4, 1], [4, 3, 2]
    assert number(measure(results(train, test, 1.0))) == pytest.approx(
        number(measure(results(train, test, 7.0)))
    )
    assert np.isnan(number(measure(results(train, [4, np.nan, np.nan]))))


def pair(train, network, twin):
    """A network and its linearized twin, which here have the same training loss."""
    dims = ("seed", "linearized", "record")
    return xr.Dataset(
        {
            "train_loss": (dims, np.array([[train, train]], float)),
            "test_loss": (dims, np.array([[network, twin]], float)),
            "baseline": ("seed", [1.0]),
        },
        coords={"linearized": [False, True]},
    )


@pytest.mark.parametrize(("left", "expected"), [(0.6, 0.0), (0.5, 0.25), (0.1, 0.5)])
def test_departure_counts_while_the_share_of_the_training_loss_is_left(left, expected):
    both = pair([8, 4, 2, 0.1], [8, 6, 5, 1], [8, 8, 10, 100])
    assert number(departure_until(both, left=left)) == pytest.approx(expected)


def test_what_comes_after_the_share_does_not_matter_and_a_run_that_diverges_before_is_unknown():
    late = pair([8, 4, 2, np.nan], [8, 6, np.nan, np.nan], [8, 8, np.nan, np.nan])
    assert number(departure_until(late, left=0.5)) == pytest.approx(0.25)
    assert np.isnan(number(departure_until(late, left=0.1)))
