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


def panels(results):
    figure = Curves(panels=(("test_accuracy",), ("test_loss",)), color="alpha", scale="log")
    return figure.draw(results).axes


def test_the_scale_of_accuracies_is_linear_whatever_that_of_losses(results):
    accuracy, loss = panels(results)
    assert (accuracy.get_yscale(), loss.get_yscale()) == ("linear", "log")


def test_a_curve_ends_where_its_runs_have_recorded_their_last_step(results):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        accuracy, _ = panels(results)
    long, short = accuracy.get_lines()
    assert long.get_xydata().tolist() == [[0, 0.1], [1, 0.5], [10, 0.9]]
    assert short.get_xydata().tolist() == [[0, 0.1], [1, 0.4]]
