"""The losses that come with grokspec, against those of others and against differentiation."""

import numpy as np
import pytest
import torch
from experiments import experiment
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from small_losses import KINDS, SMALL, computing
from torch.nn import functional

from grokspec.engines.base import engine_of

torch.manual_seed(0)
OUTPUTS = 2 * torch.randn(2, 6, 4, dtype=torch.float64)
CLASSES = functional.one_hot(torch.arange(6) % 4, 4).double().expand(2, 6, 4)
SIGNS = torch.tensor([1.0, -1, -1, 1, 1, -1], dtype=torch.float64)[:, None].expand(2, 6, 1)
HUGE = {"float32": 1e4, "float64": 1e100}


def example(loss):
    """Outputs and targets of two runs that a loss can take."""
    return (OUTPUTS[..., :1], SIGNS) if loss.reads == "signs" else (OUTPUTS, CLASSES)


def automatic(value, outputs):
    """The derivative of a value of each run in the outputs."""
    leaf = outputs.clone().requires_grad_()
    return torch.autograd.grad(value(leaf).sum(), leaf)[0]


def of_each_run(peer, outputs, targets):
    return torch.stack([peer(f, y) for f, y in zip(outputs, targets, strict=True)])


def test_every_kind_is_compared():
    assert {loss.kind for loss, _ in SMALL.values()} == set(KINDS)


@pytest.mark.parametrize("name", SMALL)
def test_a_loss_is_another_librarys_for_each_run(name):
    loss, peer = SMALL[name]
    outputs, targets = example(loss)
    criterion, scalars = computing(loss, loss)
    expected = of_each_run(peer, outputs, targets)
    torch.testing.assert_close(criterion.value(outputs, targets, scalars), expected)


@pytest.mark.parametrize("name", SMALL)
def test_a_losss_gradient_is_the_automatic_one(name):
    loss, _ = SMALL[name]
    outputs, targets = example(loss)
    criterion, scalars = computing(loss, loss)
    expected = automatic(lambda leaf: criterion.value(leaf, targets, scalars), outputs)
    torch.testing.assert_close(criterion.gradient(outputs, targets, scalars), expected)


@pytest.mark.parametrize("name", [name for name, (loss, _) in SMALL.items() if loss.has_curvature])
def test_a_losss_gradient_can_be_differentiated_along_a_direction(name):
    """As the Hessian of the training loss needs, by torch.func."""
    loss, _ = SMALL[name]
    outputs, targets = example(loss)
    criterion, scalars = computing(loss, loss)
    ahead = torch.linspace(-1, 1, outputs.numel(), dtype=torch.float64).view(outputs.shape)
    criterion, scalars = computing(loss, loss)

    def gradient(at):
        return criterion.gradient(at, targets, scalars)

    step = 1e-6 * ahead
    expected = (gradient(outputs + step) - gradient(outputs - step)) / 2e-6
    found = torch.func.jvp(gradient, (outputs,), (ahead,))[1]
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", SMALL)
def test_a_loss_of_zero_is_what_the_zero_predictor_has(name):
    loss, _ = SMALL[name]
    task = {"kind": "sparse_parity", "inputs": 5, "train": 8, "test": 4}
    if loss.reads != "signs":
        task = {"kind": "modular_addition", "modulus": 3, "train_share": 0.5}
    described = experiment(
        task=task,
        model={"kind": "perceptron", "hidden": [3], "alpha": 1e-9},
        training={"steps": 1, "loss": loss},
        record={"steps": {"log": 0}, "probes": ["loss", "baseline"]},
    )
    found = engine_of(described).train([described], "cpu")[0].quantities
    assert found["baseline"] == pytest.approx(found["test_loss"][0], abs=1e-7)


@pytest.mark.parametrize("name", SMALL)
@given(
    rows=arrays(np.int8, (1, 5, 3), elements=st.integers(-3, 3)),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_losses_and_gradients_are_finite_for_any_outputs(name, rows, dtype):
    """Except the exponential, which is larger than all numbers."""
    loss, _ = SMALL[name]
    largest = 20.0 if loss.kind == "exponential" else HUGE[dtype]
    outputs = largest * torch.from_numpy(rows).to(getattr(torch, dtype))
    targets = CLASSES[:1, :5, :3].to(outputs.dtype)
    if loss.reads == "signs":
        outputs, targets = outputs[..., :1], 2 * targets[..., :1] - 1
    criterion, scalars = computing(loss, dtype=outputs.dtype)
    assert criterion.value(outputs, targets, scalars).isfinite().all()
    gradient = criterion.gradient(outputs, targets, scalars)
    assert gradient.isfinite().all()
    assert gradient.dtype == outputs.dtype


@pytest.mark.parametrize("name", [n for n, (loss, _) in SMALL.items() if loss.reads == "classes"])
@given(rows=arrays(np.int8, (2, 4, 4), elements=st.integers(-2, 2)))
def test_at_a_tie_a_losss_gradient_is_a_subgradient(name, rows):
    """It supports the loss, which is convex, from below."""
    loss, _ = SMALL[name]
    outputs, others = torch.from_numpy(rows).double()[:, None]
    targets = CLASSES[:1, :4]
    slope = loss.gradient(outputs, targets, {})
    below = loss.value(outputs, targets, {}) + (slope * (others - outputs)).sum((-2, -1))
    assert (loss.value(others, targets, {}) >= below - 1e-12).all()


@pytest.mark.parametrize(
    ("largest", "dtype", "rtol"), [(1e4, torch.float32, 1e-6), (800.0, torch.float64, 1e-14)]
)
def test_cross_entropy_is_right_for_any_logits_as_is_its_gradient(largest, dtype, rtol):
    signs = torch.tensor([[1, -1, -1, 0], [-1, -1, -1, 1], [1, 1, 1, 1]], dtype=dtype)
    outputs, targets = (largest * signs).expand(4, 3, 4), CLASSES[0, :4, None].expand(4, 3, 4)
    exact = outputs.double()
    expected = (exact.logsumexp(-1) - (targets * exact).sum(-1)).mean(-1)
    shares = (exact - exact.logsumexp(-1, keepdim=True)).exp()
    (loss, _), tight = (
        computing(SMALL["cross_entropy"][0]),
        {"rtol": rtol, "atol": 1e-7, "check_dtype": False},
    )
    torch.testing.assert_close(loss.value(outputs, targets.to(dtype), {}), expected, **tight)
    gradient = loss.gradient(outputs, targets.to(dtype), {})
    torch.testing.assert_close(gradient, (shares - targets) / 3, **tight)
