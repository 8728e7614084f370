import numpy as np
import pytest

from grokspec.theory.quadrature import gaussian_rule


def test_shares_are_positive_and_add_up_to_one():
    points, shares = gaussian_rule(3)
    assert points.shape == (27, 3)
    assert shares.shape == (27,)
    assert shares.min() > 0
    assert shares.sum() == pytest.approx(1, rel=1e-14)


@pytest.mark.parametrize(("power", "moment"), [(1, 0), (2, 1), (3, 0), (4, 3), (5, 0)])
def test_moments_are_those_of_a_gaussian(power, moment):
    points, shares = gaussian_rule(2)
    assert shares @ points[:, 1] ** power == pytest.approx(moment, abs=1e-14)


def test_degree_six_takes_a_fourth_node():
    three, four = (gaussian_rule(1, nodes) for nodes in (3, 4))
    assert three.shares @ three.points[:, 0] ** 6 == pytest.approx(9)
    assert four.shares @ four.points[:, 0] ** 6 == pytest.approx(15)


def test_coordinates_are_independent():
    points, shares = gaussian_rule(3)
    first, second, third = points.T
    assert shares @ (first**2 * second**4) == pytest.approx(3)
    assert shares @ (first * second * third**2) == pytest.approx(0, abs=1e-14)


def test_an_average_is_that_of_samples():
    generator, form = np.random.default_rng(0), np.array([[1.0, 0.5], [0.5, -2.0]])
    points, shares = gaussian_rule(2)
    drawn = generator.standard_normal((400_000, 2))
    exact, sampled = (((x @ form) * x).sum(-1) ** 2 for x in (points, drawn))
    error = sampled.std() / len(drawn) ** 0.5
    assert shares @ exact == pytest.approx(sampled.mean(), abs=4 * error)
