import numpy as np
import pytest
from pydantic import ValidationError

from grokspec.tasks.linear_teacher import LinearTeacher
from grokspec.tasks.sparse_linear import SparseLinear

BOTH = {
    "linear_teacher": LinearTeacher(inputs=6, outputs=2, train=20, test=100_000, label_scale=2.0),
    "sparse_linear": SparseLinear(inputs=6, nonzero=4, train=20, test=100_000, label_scale=2.0),
}
OF_BOTH = pytest.mark.parametrize("task", BOTH.values(), ids=BOTH)


@OF_BOTH
def test_least_squares_finds_the_teacher(task):
    data = task.draw(3)
    found = np.linalg.lstsq(data.train_inputs, data.train_targets)[0]
    assert pytest.approx(2 * data.teacher["weight"]) == found.T


@OF_BOTH
def test_inputs_are_standard_gaussians_and_the_baseline_is_the_mean_square_of_the_targets(task):
    data = task.draw(0)
    assert np.cov(data.test_inputs.T) == pytest.approx(np.eye(6), abs=0.02)
    assert np.mean(data.test_targets**2) == pytest.approx(data.baseline, rel=0.02)


def test_a_sparse_teacher_has_length_one_and_as_many_entries_as_said():
    for seed in range(5):
        weight = SparseLinear(inputs=9, nonzero=4, train=1).draw(seed).teacher["weight"]
        assert np.sort(np.abs(weight[0])).tolist() == [0] * 5 + [0.5] * 4
    assert SparseLinear(inputs=9, nonzero=4, train=1).draw(0).baseline == pytest.approx(1)


def test_a_linear_teacher_has_half_a_squared_length_on_average():
    """Each |T|² is χ² of 400 degrees of freedom, over 800: a spread of 3.5%, 0.5% over 50 seeds."""
    task = LinearTeacher(inputs=100, outputs=4, train=1, test=1)
    squares = [(task.draw(seed).teacher["weight"] ** 2).sum() for seed in range(50)]
    assert np.mean(squares) == pytest.approx(0.5, rel=0.02)
    assert np.std(squares) == pytest.approx(0.5 * (2 / 400) ** 0.5, rel=0.4)


def test_more_entries_than_there_are_inputs_are_refused():
    with pytest.raises(ValidationError, match="is more than the 3 inputs"):
        SparseLinear(inputs=3, nonzero=4, train=1)
