"""Probes of derivatives: the gradient, the Hessian, the kernel."""

import numpy as np
import pytest
import torch
from taken import DESCRIBED, at_start, initial, network

from grokspec.engines.base import engine_of
from grokspec.probes._lanczos import largest_eigenvalue

DATA, WEIGHTS = initial(network("loss"))
LOSSES = {"mse": torch.nn.MSELoss(), "cross_entropy": torch.nn.CrossEntropyLoss()}


def by_autograd(loss):
    """The weights as leaves, and the loss of the network on the training set as a function."""
    leaves = {name: torch.tensor(w, requires_grad=True) for name, w in WEIGHTS.items()}
    inputs, targets = map(torch.from_numpy, (DATA.train_inputs, DATA.train_targets))

    def value(weight_1, bias_1, weight_2, bias_2):
        hidden = torch.nn.functional.linear(inputs, weight_1, bias_1).relu()
        return LOSSES[loss](torch.nn.functional.linear(hidden, weight_2, bias_2), targets)

    return leaves, value


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_is_that_of_autograd(loss):
    leaves, value = by_autograd(loss)
    value(**leaves).backward()
    slope = np.concatenate([leaf.grad.numpy().ravel() for leaf in leaves.values()])
    vector = np.concatenate([leaf.detach().numpy().ravel() for leaf in leaves.values()])
    taken = at_start("gradient", training={"steps": 1, "loss": loss})
    assert taken["gradient_norm"] == pytest.approx(np.linalg.norm(slope))
    cosine = -slope @ vector / np.linalg.norm(slope) / np.linalg.norm(vector)
    assert taken["gradient_cosine"] == pytest.approx(cosine)
    for name, leaf in leaves.items():
        own = torch.nn.functional.cosine_similarity(-leaf.grad.flatten(), leaf.flatten(), 0)
        assert taken[f"gradient_cosine_of_{name}"] == pytest.approx(own.item())


@pytest.mark.parametrize("loss", LOSSES)
def test_sharpness_is_the_largest_eigenvalue_of_the_whole_hessian(loss):
    leaves, value = by_autograd(loss)
    blocks = torch.autograd.functional.hessian(value, tuple(leaves.values()))
    sizes = [leaf.numel() for leaf in leaves.values()]
    rows = [
        torch.cat([b.reshape(n, m) for b, m in zip(row, sizes, strict=True)], 1)
        for row, n in zip(blocks, sizes, strict=True)
    ]
    largest = torch.linalg.eigvalsh(torch.cat(rows))[-1].item()
    probe = {"kind": "sharpness", "iterations": 30}
    taken = at_start(probe, training={"steps": 1, "loss": loss})
    assert taken["sharpness"] == pytest.approx(largest, rel=1e-8)


LINEAR = {
    "task": {"kind": "student_teacher", "inputs": 5, "outputs": 1, "teacher": [4]}
    | {"train": 12, "test": 3},
    "model": {"kind": "module", "class": "torch.nn:Linear"}
    | {"arguments": {"in_features": 5, "out_features": 1, "bias": False}},
    "training": {"steps": 1},
}


@pytest.mark.parametrize("alpha", [1.0, 3.0])
@pytest.mark.parametrize("centered", [False, True])
def test_sharpness_of_linear_regression_is_in_closed_form(alpha, centered):
    """Of the module's loss ``|αXw − y|²/n``: the largest eigenvalue of ``2α²XᵀX/n``."""
    changes = LINEAR | {"model": LINEAR["model"] | {"alpha": alpha, "centered": centered}}
    inputs = network("loss", **changes).task.draw(0).train_inputs
    largest = np.linalg.eigvalsh(2 * alpha**2 * inputs.T @ inputs / 12)[-1]
    assert at_start("sharpness", **changes)["sharpness"] == pytest.approx(largest)


def test_sharpness_of_a_linearized_model_stays_as_it_is_under_squared_error():
    probe = {"kind": "sharpness", "iterations": 9}
    described = network(probe, training={"steps": 20}, model__linearized=True)
    (history,) = engine_of(described).train([described], "cpu")
    assert history.quantities["sharpness"] == pytest.approx(
        np.full(3, history.quantities["sharpness"][0]), rel=1e-6
    )


@pytest.mark.parametrize("iterations", [6, 30])
def test_lanczos_finds_the_largest_eigenvalue_and_not_the_largest_in_size(iterations):
    rotation = torch.linalg.qr(torch.randn(6, 6, generator=torch.manual_seed(0)).double()).Q
    spectra = torch.tensor([[-9.0, -1, 0, 1, 2, 3], [-5.0, -4, -3, -3, -2, -1], [2.0] * 6]).double()
    matrices = rotation @ spectra.diag_embed() @ rotation.T
    start = torch.ones(3, 6, dtype=torch.float64)
    found = largest_eigenvalue(
        lambda vector: (matrices @ vector[..., None])[..., 0], start, iterations
    )
    assert found.tolist() == pytest.approx([3, -1, 2])


def test_lanczos_of_a_matrix_that_is_not_finite_is_nan():
    matrices = torch.stack([torch.eye(3), torch.full((3, 3), torch.nan)]).double()
    start = torch.ones(2, 3, dtype=torch.float64)
    found = largest_eigenvalue(lambda v: (matrices @ v[..., None])[..., 0], start, 5).tolist()
    assert found[0] == pytest.approx(1)
    assert np.isnan(found[1])


def kernel(weights, inputs):
    """The tangent kernel of a perceptron of one hidden layer, from its Jacobian by hand."""
    before = inputs @ weights["weight_1"].T + weights["bias_1"]
    hidden, slope = np.maximum(before, 0), (before > 0).astype(float)
    outer = (hidden @ hidden.T + 1) * len(weights["weight_2"])
    passed = slope[:, None] * weights["weight_2"]  # [example, output, hidden]
    return outer + np.einsum("aoh,boh->ab", passed, passed) * (inputs @ inputs.T + 1)


def test_movement_of_the_kernel_is_its_relative_distance_and_alignment():
    probe = {"kind": "kernel_movement", "examples": 12}
    described = network(probe, optimizer__learning_rate=5.0)
    (history,) = engine_of(described).train([described], "cpu")
    leaves, value = by_autograd(DESCRIBED["training"]["loss"])
    value(**leaves).backward()
    moved = {name: (leaf - 5 * leaf.grad).detach().numpy() for name, leaf in leaves.items()}
    first, last = (kernel(w, DATA.train_inputs[:12]) for w in (WEIGHTS, moved))
    assert history.quantities["kernel_movement"] == pytest.approx(
        [0, np.linalg.norm(last - first) / np.linalg.norm(first)], abs=1e-14
    )
    middle = np.eye(len(first)) - 1 / len(first)
    one, two = (middle @ k @ middle for k in (first, last))
    similarity = np.sum(one * two) / np.linalg.norm(one) / np.linalg.norm(two)
    assert history.quantities["kernel_similarity"] == pytest.approx([1, similarity])


def test_a_module_is_measured_without_noise_and_trains_on_as_if_it_had_not_been(tmp_path):
    (tmp_path / "noisy.py").write_text(
        "from torch import nn\n\n\ndef net():\n    return nn.Sequential(nn.Linear(14, 8), "
        "nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 7))\n"
    )
    model = {"kind": "module", "class": f"{tmp_path / 'noisy.py'}:net"}
    measured = ["gradient", "pruned_accuracy", {"kind": "sharpness", "iterations": 2}]
    histories = []
    for probes in (["loss"], ["loss", *measured]):
        described = network(*probes, model=model, training={"steps": 4, "loss": "cross_entropy"})
        histories.append(engine_of(described).train([described], "cpu")[0].quantities)
    assert histories[1]["test_loss"].tolist() == histories[0]["test_loss"].tolist()
