import numpy as np
import pytest
import xarray as xr
from learning_curves import number

from grokspec import measures
from grokspec.measures import departure_until


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
