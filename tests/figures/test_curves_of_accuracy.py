import warnings

import numpy as np
import pytest
import xarray as xr

from grokspec.figures.curves import Curves


@pytest.fixture
def results():
    """Two points of an axis, of which the second has recorded one step fewer."""
    nan = np.nan
    accuracy = [[[0.1, 0.5, 0.9]], [[0.1, 0.4, nan]]]
    loss = [[[1.0, 0.1, 0.01]], [[1.0, 0.2, nan]]]
    dims = ("alpha", "seed", "record")
    return xr.Dataset(
        {
            "test_accuracy": (dims, accuracy),
            "test_loss": (dims, loss),
            "status": (dims[:2], [["finished"]] * 2),
        },
        {"alpha": [0.1, 1.0], "seed": [0], "step": (dims, [[[0, 1, 10]], [[0, 1, -1]]])},
    )


@pytest.mark.parametrize("share", ["test_accuracy", "fourier_share_of_token"])
def test_the_scale_of_shares_is_linear_whatever_that_of_losses(results, share):
    results = results.rename(test_accuracy=share)
    figure = Curves(panels=((share,), ("test_loss",)), color="alpha", scale="log")
    first, loss = figure.draw(results).axes
    assert (first.get_yscale(), loss.get_yscale()) == ("linear", "log")


def test_a_curve_ends_where_its_runs_have_recorded_their_last_step(results):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        figure = Curves(panels=(("test_accuracy",),), color="alpha")
        (accuracy,) = figure.draw(results).axes
    long, short = accuracy.get_lines()
    assert long.get_xydata().tolist() == [[0, 0.1], [1, 0.5], [10, 0.9]]
    assert short.get_xydata().tolist() == [[0, 0.1], [1, 0.4]]
