"""Noise and wrong labels: what they do to every task, and to runs that train on it."""

import numpy as np
import pytest
from array_data import divided, write_arrays
from experiments import experiment
from public_files import stand_in
from pydantic import ValidationError
from small_tasks import SMALL

from grokspec.engines._data import draw_data, fresh_data
from grokspec.engines.base import engine_of
from grokspec.rng import generator
from grokspec.tasks._disturbance import disturbed, wrong_labels
from grokspec.tasks.digits import Digits
from grokspec.tasks.modular_addition import ModularAddition
from grokspec.tasks.polynomial import Polynomial
from grokspec.tasks.sparse_parity import SparseParity


@pytest.fixture(autouse=True)
def _no_download(tmp_path, monkeypatch):
    stand_in(tmp_path / "data", monkeypatch)


def drawn(task, seed=3, **fields):
    task = task.model_copy(update=fields)
    return disturbed(task, task.draw(seed), generator(seed, "noise"))


ALL_TASKS = pytest.mark.parametrize("task", SMALL.values(), ids=SMALL)


@ALL_TASKS
def test_without_noise_and_wrong_labels_a_task_is_as_it_was_drawn(task):
    data, clean = drawn(task), task.draw(3)
    for name in ("train_inputs", "train_targets", "test_inputs", "test_targets", "baseline"):
        assert np.array_equal(getattr(data, name), getattr(clean, name))
    assert data.clean_targets is data.train_targets
    assert not data.corrupted.any()


@ALL_TASKS
def test_wrong_labels_are_those_that_the_mask_says_and_the_test_set_has_none(task):
    data, clean = drawn(task, corrupted_labels=0.5), task.draw(3)
    assert data.corrupted.sum() == round(0.5 * len(clean.train_inputs))
    changed = (data.train_targets != clean.train_targets).any(1)
    assert np.array_equal(changed, data.corrupted)
    assert np.array_equal(data.clean_targets, clean.train_targets)
    assert np.array_equal(data.test_targets, clean.test_targets)
    assert np.array_equal(data.train_inputs, clean.train_inputs)


@ALL_TASKS
def test_a_larger_share_has_the_wrong_labels_of_the_smaller_one(task):
    few, many = (drawn(task, corrupted_labels=share) for share in (0.3, 0.8))
    assert (many.corrupted[few.corrupted]).all()
    assert np.array_equal(
        many.train_targets[few.corrupted], few.train_targets[few.corrupted], equal_nan=True
    )


@ALL_TASKS
def test_noise_of_twice_the_strength_is_twice_the_noise_whatever_the_wrong_labels(task):
    clean = task.draw(3).train_targets
    one = drawn(task, label_noise=0.1).train_targets - clean
    two = drawn(task, label_noise=0.2, label_scale=3.0).train_targets - 3 * clean
    assert two == pytest.approx(6 * one)
    both = drawn(task, label_noise=0.1, corrupted_labels=0.5)
    wrong = drawn(task, corrupted_labels=0.5)
    assert both.train_targets == pytest.approx(wrong.train_targets + one)


def test_noise_is_gaussian_of_its_standard_deviation():
    task = Polynomial(inputs=2, train=100_000, label_noise=0.3)
    noise = drawn(task).train_targets - drawn(task).clean_targets
    assert noise.mean() == pytest.approx(0, abs=0.003)
    assert noise.std() == pytest.approx(0.3, rel=0.01)
    assert (noise**4).mean() == pytest.approx(3 * 0.3**4, rel=0.03)


def test_a_wrong_class_is_any_of_the_others_equally_often():
    targets = 2.0 * np.eye(5)[np.full(40_000, 3)]
    wrong = wrong_labels(targets, targets, np.random.default_rng(0))
    assert np.unique(wrong).tolist() == [0, 2]
    counts = (wrong == 2).sum(0)
    assert counts.sum() == 40_000
    assert counts[3] == 0
    assert counts[[0, 1, 2, 4]] == pytest.approx(10_000, rel=0.05)


def test_a_wrong_sign_is_the_other_one():
    data = drawn(SparseParity(inputs=8, train=50, corrupted_labels=0.2, label_scale=2.0))
    assert np.array_equal(data.train_targets[data.corrupted], -data.clean_targets[data.corrupted])


def test_a_wrong_real_target_is_that_of_another_example():
    targets = np.random.default_rng(0).standard_normal((50, 2))
    wrong = wrong_labels(targets, targets, np.random.default_rng(1))
    rows = {tuple(row): place for place, row in enumerate(targets)}
    donors = [rows[tuple(row)] for row in wrong]
    assert all(donor != place for place, donor in enumerate(donors))
    assert len(set(donors)) > 20


def test_a_single_example_has_no_other_and_keeps_its_target():
    one = np.array([[0.7]])
    assert wrong_labels(one, np.array([[0.1], [0.2]]), np.random.default_rng(0)) == one


# In training


def test_runs_of_a_stack_may_differ_in_both_and_have_the_same_inputs_test_set_and_weights():
    changes = [{}, {"task__label_noise": 0.2}, {"task__corrupted_labels": 0.4}]
    stack = [experiment(**one, engine="autograd") for one in changes]
    assert len({str(one.shape) for one in stack}) == 1
    together = engine_of(stack[0]).train(stack, "cpu")
    for one, history in zip(stack, together, strict=True):
        (alone,) = engine_of(one).train([one], "cpu")
        for name, values in history.quantities.items():
            assert values == pytest.approx(alone.quantities[name], rel=1e-9)
    first = [history.quantities["population_loss"][0] for history in together]
    assert first == [first[0]] * 3
    last = [history.quantities["population_loss"][-1] for history in together]
    assert len(set(last)) == 3


def test_the_loss_at_the_start_is_that_on_the_disturbed_targets():
    described = experiment(task__label_noise=0.5, task__corrupted_labels=0.3, model__centered=True)
    (history,) = engine_of(described).train([described], "cpu")
    targets = draw_data(described).train_targets
    assert history.quantities["train_loss"][0] == pytest.approx((targets**2).mean())
    assert not np.array_equal(targets, described.task.draw(0).train_targets)


def test_labels_of_an_eigenvector_are_disturbed_too():
    changes = {"task__eigenvector": 2, "record__probes": ["loss"]}
    clean = draw_data(experiment(**changes))
    noisy = draw_data(experiment(**changes, task__corrupted_labels=0.5))
    assert np.array_equal(noisy.clean_targets, clean.train_targets)
    assert noisy.corrupted.sum() == 10
    assert np.array_equal(noisy.test_targets, clean.test_targets)


def test_fresh_examples_have_noise_and_wrong_labels_of_their_own_and_the_inputs_of_a_clean_run():
    changes = {"training": {"steps": 3, "fresh": True}, "engine": "autograd"}
    stack = [
        experiment(**changes, **more)
        for more in ({}, {"task__label_noise": 0.5, "task__corrupted_labels": 0.25})
    ]
    start = [draw_data(one) for one in stack]
    renew = fresh_data(stack, start)
    noises = [start[1].train_targets - start[1].clean_targets]
    for clean, noisy in (renew(), renew()):
        assert np.array_equal(clean.train_inputs, noisy.train_inputs)
        assert np.array_equal(clean.train_targets, noisy.clean_targets)
        assert noisy.corrupted.sum() == 5
        noises.append((noisy.train_targets - noisy.clean_targets)[~noisy.corrupted])
    assert len({round(float(noise[0, 0]), 12) for noise in noises}) == 3


def test_noise_leaves_no_probabilities(tmp_path):
    classes = np.eye(2)[np.arange(12) % 2]
    parts = divided(train_targets=classes[:8], test_targets=classes[8:])
    file = write_arrays(tmp_path / "x.npz", **parts)
    for task in (
        {"kind": "modular_addition", "modulus": 5, "train_share": 0.6},
        {"kind": "arrays", "file": str(file.path)},
    ):
        changes = {
            "model": {"kind": "perceptron", "hidden": [3]},
            "training__loss": "cross_entropy",
            "record__probes": ["loss", "accuracy"],
        }
        experiment(task=task | {"corrupted_labels": 0.2}, **changes)
        with pytest.raises(ValidationError, match=r"task.label_noise = 0.1 they are any real num"):
            experiment(task=task | {"label_noise": 0.1}, **changes)


@pytest.mark.parametrize("task", [Digits(train=50), ModularAddition(modulus=5, train_share=0.6)])
def test_wrong_classes_are_still_classes(task):
    targets = drawn(task, corrupted_labels=1.0).train_targets
    assert np.array_equal(np.sort(targets, axis=1), np.sort(task.draw(3).train_targets, axis=1))
