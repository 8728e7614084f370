import numpy as np
import pytest
import xarray as xr

from grokspec.measures import loss_when_half_learned


def measured(train, test, baseline=2.0):
    curves = {"train_loss": train, "test_loss": test}
    results = xr.Dataset(
        {name: (("seed", "record"), np.array([curve], float)) for name, curve in curves.items()}
        | {"baseline": ("seed", [baseline])}
    )
    return float(loss_when_half_learned(results).squeeze())


def test_it_is_a_half_where_the_two_losses_fall_together():
    assert measured([8, 6, 3, 0], [4, 3, 1.5, 0]) == pytest.approx(0.5)


def test_it_is_above_one_where_the_test_loss_has_risen():
    assert measured([8, 4 - 1e-12, 0], [2, 3, 0]) == pytest.approx(1.5)


def test_it_does_not_depend_on_the_baseline():
    assert measured([8, 2, 0], [4, 3, 0], 1.0) == measured([8, 2, 0], [4, 3, 0], 7.0)


@pytest.mark.parametrize("train", [[8, 7, 6], [8, np.nan, np.nan], [8, np.nan, 1]])
def test_it_is_unknown_where_the_training_loss_does_not_halve_in_sight(train):
    assert np.isnan(measured(train, [4, 3, 2]))


def test_what_comes_after_the_half_does_not_matter():
    assert measured([8, 2, np.nan], [4, 3, np.nan]) == measured([8, 2, 0], [4, 3, 0])
