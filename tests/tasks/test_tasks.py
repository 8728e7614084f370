import numpy as np
import pytest
from public_files import stand_in
from small_tasks import SMALL

from grokspec.rng import generator
from grokspec.tasks.base import Task
from grokspec.tasks.polynomial import Polynomial


@pytest.fixture(autouse=True)
def _no_download(tmp_path, monkeypatch):
    stand_in(tmp_path / "data", monkeypatch)


def test_every_task_is_tested_here():
    assert set(SMALL) == {
        k for k, t in Task.alternatives.items() if t.__module__.startswith("grok")
    }


@pytest.mark.parametrize("task", SMALL.values(), ids=SMALL)
def test_a_draw_has_the_sizes_that_the_task_says(task):
    data = task.draw(3)
    train, test = task.sizes
    assert data.train_inputs.shape == (train, task.input_size)
    assert data.test_inputs.shape == (test, task.input_size)
    assert data.train_targets.shape == (train, task.output_size)
    assert data.test_targets.shape == (test, task.output_size)


@pytest.mark.parametrize("task", SMALL.values(), ids=SMALL)
def test_the_same_seed_draws_the_same_data_and_another_seed_other_data(task):
    first, again, other = task.draw(3), task.draw(3), task.draw(4)
    assert np.array_equal(first.train_inputs, again.train_inputs)
    assert np.array_equal(first.test_targets, again.test_targets)
    assert not np.array_equal(first.train_inputs, other.train_inputs)
    assert not np.array_equal(first.train_inputs[:5], first.test_inputs)


@pytest.mark.parametrize("task", SMALL.values(), ids=SMALL)
def test_label_scale_multiplies_the_targets(task):
    plain, scaled = task.draw(3), task.model_copy(update={"label_scale": 3.0}).draw(3)
    assert scaled.train_targets == pytest.approx(3 * plain.train_targets)
    assert scaled.baseline == pytest.approx(9 * plain.baseline)
    assert np.array_equal(scaled.train_inputs, plain.train_inputs)


def test_more_training_examples_leave_the_others_as_they_were():
    few, many = Polynomial(inputs=4, train=6).draw(0), Polynomial(inputs=4, train=60).draw(0)
    assert np.array_equal(few.train_inputs, many.train_inputs[:6])
    assert np.array_equal(few.test_inputs, many.test_inputs)


def test_polynomial_is_the_square_of_one_direction_of_isotropic_inputs():
    data = Polynomial(inputs=3, train=200_000).draw(0)
    beta = data.teacher["beta"]
    assert data.train_targets == pytest.approx(0.5 * (data.train_inputs @ beta.T) ** 2)
    assert np.cov(data.train_inputs.T) == pytest.approx(np.eye(3) / 3, abs=0.005)
    assert np.mean(data.train_targets**2) == pytest.approx(data.baseline, rel=0.03)


def test_test_sets_are_samples_where_inputs_are_drawn_from_a_distribution():
    sampled = {kind for kind, task in Task.alternatives.items() if task.samples_test_set}
    assert sampled == {
        "hermite",
        "linear_teacher",
        "polynomial",
        "sparse_linear",
        "sparse_parity",
        "student_teacher",
        "xor_clusters",
    }


ONLINE = {kind: task for kind, task in SMALL.items() if task.online}


def test_tasks_that_draw_from_a_distribution_can_draw_new_examples():
    assert set(ONLINE) == {
        "linear_teacher",
        "polynomial",
        "sparse_linear",
        "sparse_parity",
        "xor_clusters",
    }


@pytest.mark.parametrize("task", ONLINE.values(), ids=ONLINE)
def test_fresh_examples_are_new_ones_of_the_same_teacher(task):
    """Examples that are drawn by the generator of the test set are those of the test set."""
    task = task.model_copy(update={"train": 5, "label_scale": 2.0})
    data = task.draw(3)
    inputs, targets = task.fresh_examples(data, generator(3, "test"))
    assert np.array_equal(inputs, data.test_inputs)
    assert np.array_equal(targets, data.test_targets)
