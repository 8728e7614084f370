from math import factorial

import numpy as np
import pytest

from grokspec.tasks.hermite import Hermite

POLYNOMIALS = {1: lambda z: z, 2: lambda z: z**2 - 1, 3: lambda z: z**3 - 3 * z}


@pytest.mark.parametrize("degree", POLYNOMIALS)
def test_targets_are_the_polynomial_of_one_direction(degree):
    data = Hermite(inputs=5, train=20, degree=degree).draw(0)
    field = data.train_inputs @ data.teacher["beta"]
    assert data.train_targets[:, 0] == pytest.approx(POLYNOMIALS[degree](field))


def test_direction_has_the_length_that_makes_its_field_a_standard_normal():
    data = Hermite(inputs=5, train=1, degree=3, test=200_000).draw(1)
    beta = data.teacher["beta"]
    assert beta @ beta == pytest.approx(5)
    assert np.std(data.test_inputs @ beta) == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_baseline_is_the_mean_square_of_a_large_sample(degree):
    data = Hermite(inputs=4, train=1, degree=degree, test=1_000_000, label_scale=2.0).draw(0)
    assert data.baseline == 4 * factorial(degree)
    # The fourth moment of He_3 is 93 times its second squared: a spread of 1% here.
    assert np.mean(data.test_targets**2) == pytest.approx(data.baseline, rel=0.04)
