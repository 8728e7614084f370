import numpy as np
import pytest
from scipy.stats import norm

from grokspec.tasks.xor_clusters import XorClusters


def on_centers(data):
    """The coordinate of each test input along μ₁ and along μ₂, in units of |μ|."""
    centers = data.teacher["centers"]
    return data.test_inputs @ centers.T / (centers**2).sum(1)


def test_centers_are_at_right_angles_and_as_far_from_zero_as_said():
    for seed in (0, 1):
        centers = XorClusters(inputs=7, train=1, distance=3.0).draw(seed).teacher["centers"]
        assert centers @ centers.T == pytest.approx(9 * np.eye(2))


def test_far_clusters_are_four_and_their_labels_an_exclusive_or():
    data = XorClusters(inputs=5, train=1, test=8_000, distance=100.0).draw(0)
    nearest = np.round(on_centers(data)).astype(int)
    labels = data.test_targets[:, 0].astype(int)
    kinds, counts = np.unique(np.column_stack([nearest, labels]), axis=0, return_counts=True)
    assert kinds.tolist() == [[-1, 0, 1], [0, -1, -1], [0, 1, -1], [1, 0, 1]]
    assert counts == pytest.approx(2_000, rel=0.1)


def test_around_its_center_an_input_is_a_standard_gaussian():
    data = XorClusters(inputs=4, train=1, test=50_000, distance=100.0).draw(0)
    noise = data.test_inputs - np.round(on_centers(data)) @ data.teacher["centers"]
    assert noise.mean(0) == pytest.approx(0, abs=0.02)
    assert np.cov(noise.T) == pytest.approx(np.eye(4), abs=0.03)


def test_the_best_guess_is_right_as_often_as_it_can_be():
    """It compares |x·μ₁| and |x·μ₂|: right if (μ + z₁ ± z₂)/√2 have one sign, each N(μ/√2, 1)."""
    data = XorClusters(inputs=3, train=1, test=50_000, distance=2.0).draw(0)
    along = np.abs(on_centers(data))
    right = (np.sign(along[:, 0] - along[:, 1]) == data.test_targets[:, 0]).mean()
    one = norm.cdf(2**0.5)
    assert right == pytest.approx(one**2 + (1 - one) ** 2, abs=0.01)


def test_runs_that_differ_in_the_distance_have_the_same_noise():
    near, far = (XorClusters(inputs=4, train=9, distance=d).draw(0) for d in (1.0, 3.0))
    assert near.teacher["centers"] * 3 == pytest.approx(far.teacher["centers"])
    moved = (far.train_inputs - near.train_inputs) ** 2
    assert moved.sum(1) == pytest.approx(4)


@pytest.mark.parametrize("labels", ["sign", "classes"])
def test_baseline_is_the_mean_square_of_any_sample(labels):
    data = XorClusters(inputs=4, train=9, distance=1.0, labels=labels, label_scale=3.0).draw(0)
    assert np.mean(data.train_targets**2) == pytest.approx(data.baseline)
