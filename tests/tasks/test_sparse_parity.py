import numpy as np
import pytest
from pydantic import ValidationError

from grokspec.tasks.sparse_parity import SparseParity


def test_inputs_are_signs_of_unit_length_and_of_no_preferred_value():
    data = SparseParity(inputs=4, train=50_000).draw(0)
    assert np.unique(data.train_inputs) == pytest.approx([-0.5, 0.5])
    assert (data.train_inputs**2).sum(1) == pytest.approx(1)
    assert np.cov(data.train_inputs.T) == pytest.approx(np.eye(4) / 4, abs=0.005)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_target_says_whether_an_even_number_of_the_chosen_signs_are_negative(degree):
    data = SparseParity(inputs=6, train=40, degree=degree).draw(2)
    subset = data.teacher["subset"]
    assert len(set(subset)) == degree
    negative = (data.train_inputs[:, subset] < 0).sum(1)
    assert data.train_targets[:, 0].tolist() == [1 - 2 * (count % 2) for count in negative]


def test_another_seed_chooses_other_signs():
    task = SparseParity(inputs=40, train=1, degree=3)
    subsets = [task.draw(seed).teacher["subset"].tolist() for seed in (0, 1)]
    assert subsets[0] != subsets[1]


def test_baseline_is_the_mean_square_of_any_sample():
    data = SparseParity(inputs=6, train=20, label_scale=3.0).draw(0)
    assert np.mean(data.train_targets**2) == pytest.approx(data.baseline)


def test_more_signs_than_there_are_inputs_are_refused():
    with pytest.raises(ValidationError, match="is more than the 3 inputs"):
        SparseParity(inputs=3, train=5, degree=4)
