import numpy as np
import pytest
import torch

from grokspec.tasks.student_teacher import StudentTeacher


def test_targets_are_what_a_torch_network_of_the_teachers_weights_makes_of_the_inputs():
    data = StudentTeacher(inputs=4, outputs=3, teacher=(5, 6), train=7, test=8).draw(1)
    layers = [torch.nn.Linear(*sizes, dtype=torch.float64) for sizes in ((4, 5), (5, 6), (6, 3))]
    for number, layer in enumerate(layers, 1):
        layer.weight.data = torch.from_numpy(data.teacher[f"weight_{number}"])
        layer.bias.data = torch.from_numpy(data.teacher[f"bias_{number}"])
    network = torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1], torch.nn.Tanh(), layers[2])
    for split in ("train", "test"):
        expected = network(torch.from_numpy(getattr(data, f"{split}_inputs"))).detach().numpy()
        assert getattr(data, f"{split}_targets") == pytest.approx(expected)


def test_teachers_weights_are_bounded_as_those_of_a_torch_layer():
    teacher = StudentTeacher(inputs=16, outputs=2, teacher=(2000,), train=1, test=1).draw(0).teacher
    for name, bound in (("weight_1", 1 / 4), ("bias_1", 1 / 4), ("weight_2", 2000**-0.5)):
        assert 0.95 * bound < np.abs(teacher[name]).max() <= bound


def test_inputs_are_standard_gaussians():
    data = StudentTeacher(inputs=3, outputs=1, teacher=(4,), train=100_000, test=1).draw(0)
    assert data.train_inputs.mean(0) == pytest.approx(0, abs=0.02)
    assert np.cov(data.train_inputs.T) == pytest.approx(np.eye(3), abs=0.02)


def test_baseline_is_the_loss_of_answering_zero_on_the_test_set():
    data = StudentTeacher(inputs=3, outputs=2, teacher=(4,), train=5, test=6, label_scale=3.0).draw(
        0
    )
    assert data.baseline == pytest.approx(np.mean(data.test_targets**2))


def test_each_seed_has_a_teacher_of_its_own_and_more_examples_leave_it_as_it_is():
    few, many = (
        StudentTeacher(inputs=3, outputs=2, teacher=(4,), train=train, test=6) for train in (5, 50)
    )
    assert not np.array_equal(few.draw(0).teacher["weight_1"], few.draw(1).teacher["weight_1"])
    assert np.array_equal(few.draw(0).teacher["weight_1"], many.draw(0).teacher["weight_1"])
    assert np.array_equal(few.draw(0).test_targets, many.draw(0).test_targets)
