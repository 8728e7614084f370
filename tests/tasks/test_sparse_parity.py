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


@pytest.mark.parametrize("labels", ["sign", "classes"])
def test_of_two_classes_the_second_is_that_of_an_even_number(labels):
    task = SparseParity(inputs=6, train=50, labels=labels, label_scale=2.0)
    data = task.draw(0)
    signs = SparseParity(inputs=6, train=50).draw(0).train_targets[:, 0]
    shown = {"sign": {-1: [-2], 1: [2]}, "classes": {-1: [2, 0], 1: [0, 2]}}[labels]
    assert data.train_targets.tolist() == [shown[sign] for sign in signs]
    assert np.mean(data.train_targets**2) == pytest.approx(data.baseline)


def test_classes_are_taken_by_cross_entropy_and_signs_are_not():
    assert SparseParity(inputs=6, train=5, labels="classes").why_no_probabilities() is None
    assert "one output" in SparseParity(inputs=6, train=5).why_no_probabilities()


def test_inputs_that_are_not_of_unit_length_are_the_same_signs():
    scaled, signs = (
        SparseParity(inputs=9, train=20, unit_length=unit).draw(0) for unit in (True, False)
    )
    assert np.unique(signs.train_inputs).tolist() == [-1, 1]
    assert signs.test_inputs / 3 == pytest.approx(scaled.test_inputs)
    assert np.array_equal(signs.train_targets, scaled.train_targets)


def test_the_first_signs_count_for_every_seed_if_they_are_to():
    task = SparseParity(inputs=12, train=30, degree=3, subset="first", unit_length=False)
    for seed in (0, 1):
        data = task.draw(seed)
        assert data.teacher["subset"].tolist() == [0, 1, 2]
        assert np.array_equal(data.train_targets[:, 0], data.train_inputs[:, :3].prod(1))
