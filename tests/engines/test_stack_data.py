import numpy as np
import pytest
from experiments import experiment
from pydantic import ValidationError

from grokspec import theory
from grokspec.engines._data import draw_data, eigenvector_labels
from grokspec.models.base import Model


def labels_of(rank, **changes):
    data = draw_data(experiment(task__eigenvector=rank, record__probes=["loss"], **changes))
    return np.concatenate([data.train_targets, data.test_targets])[:, 0]


def joint_kernel(**changes):
    """Eq. 5 at the initial weights of the small experiment, on all of its inputs."""
    described = experiment(**changes)
    data = described.task.draw(described.seed)
    inputs = np.concatenate([data.train_inputs, data.test_inputs])
    weights = described.model.draw_weights(6, 1, described.seed)["hidden"]
    moments = weights.mean(0), weights.T @ weights / len(weights)
    return theory.ntk_printed(inputs, inputs, *moments, described.model.epsilon)


def test_labels_are_the_eigenvector_of_the_kernel_on_all_inputs():
    kernel, labels = joint_kernel(), labels_of(3)
    image = kernel @ labels
    assert image == pytest.approx(np.sort(np.linalg.eigvalsh(kernel))[-3] * labels, abs=1e-9)


def test_labels_have_mean_square_one_and_are_orthogonal():
    first, second = labels_of(1), labels_of(2)
    assert (first**2).mean() == pytest.approx(1)
    assert first @ second == pytest.approx(0, abs=1e-9)


def test_the_first_eigenvector_is_aligned_with_the_kernel_the_most():
    kernel = joint_kernel()
    aligned = [theory.alignment(kernel, labels_of(rank)) for rank in (1, 2, 10, 20)]
    assert aligned == sorted(aligned, reverse=True)


def test_label_scale_multiplies_eigenvector_labels_too():
    assert labels_of(2, task__label_scale=3.0) == pytest.approx(3 * labels_of(2))


def test_the_sign_of_an_eigenvector_makes_its_largest_label_positive():
    kernel = np.diag([3.0, 1.0])
    assert eigenvector_labels(kernel, 1).tolist() == [2**0.5, 0]
    assert eigenvector_labels(kernel, 2).tolist() == [0, 2**0.5]


def test_a_committee_knows_its_initial_kernel_as_differentiation_does_up_to_its_width():
    described = experiment(model__sigma=0.7)
    model, data = described.model, described.task.draw(0)
    own = model.initial_kernel(data, data.test_inputs, 0)
    differentiated = Model.initial_kernel(model, data, data.test_inputs, 0)
    assert own / model.width == pytest.approx(differentiated, rel=1e-10)


def test_an_eigenvector_beyond_the_number_of_inputs_is_refused():
    with pytest.raises(ValidationError, match=r"the kernel on 30 inputs.* has no more"):
        experiment(task__eigenvector=31, record__probes=["loss"])


def test_the_decomposition_of_eigenvector_labels_is_refused():
    with pytest.raises(ValidationError, match=r"quadratic form.*Eq\. 6"):
        experiment(task__eigenvector=3)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"training__batch": 5}, "batch is part of a training set"),
        ({"task__eigenvector": 3, "record__probes": ["loss"]}, "cannot draw new examples"),
    ],
)
def test_fresh_examples_are_refused_where_there_are_none(changes, reason):
    with pytest.raises(ValidationError, match=reason):
        experiment(training__fresh=True, **changes)
