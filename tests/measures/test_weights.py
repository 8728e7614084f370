import pytest
from learning_curves import number, results

from grokspec import measures


def test_growth_of_the_norm_and_its_ratio_to_the_solutions():
    beta_squared_over_size = 0.5
    r = results(
        baseline=0.75 * beta_squared_over_size**2,
        weight_norm=[1, 1, 1, 1, 2],
    ).assign_coords(alpha=0.5, epsilon=0.25)
    assert number(measures.norm_growth(r)) == 2
    assert number(measures.norm_over_solution(r)) == pytest.approx(1)
