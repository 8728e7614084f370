"""Linear models against closed forms: linear estimators, and diagonal linear networks."""

import numpy as np
import pytest
import torch
from experiments import experiment

from grokspec.engines.base import engine_of
from grokspec.models.diagonal_linear import DiagonalLinear
from grokspec.models.linear import LinearEstimator

STEPS, RATE = 30, 0.2


def run(model, **task):
    return experiment(
        task={"kind": "student_teacher", "inputs": 4, "outputs": 2, "teacher": [3]}
        | {"train": 9, "test": 50}
        | task,
        model=model,
        optimizer={"kind": "gradient_descent", "learning_rate": RATE},
        training={"steps": STEPS},
        record={"steps": {"log": 8}, "probes": ["loss"]},
    )


def test_a_linear_estimator_follows_the_closed_form_of_gradient_descent():
    """W − W* shrinks by I − 2ηXᵀX/(outputs · examples) in every step (Levi et al., 2023)."""
    described = run({"kind": "linear", "sigma": 0.5})
    history = engine_of(described).train([described], "cpu")[0]
    data = described.task.draw(0)
    x, y = data.train_inputs, data.train_targets
    best = np.linalg.lstsq(x, y, rcond=None)[0].T
    first = described.model.initial_weights(data, 0)["weight_1"] - best
    shrink = np.eye(4) - 2 * RATE * x.T @ x / y.size
    weights = [best + first @ np.linalg.matrix_power(shrink, step) for step in history.steps]
    for split, inputs, targets in (
        ("train", x, y),
        ("test", data.test_inputs, data.test_targets),
    ):
        expected = [((inputs @ w.T - targets) ** 2).mean() for w in weights]
        assert history.quantities[f"{split}_loss"] == pytest.approx(expected, rel=1e-9)


def test_initial_weights_of_a_linear_estimator_have_the_variance_of_one_over_inputs():
    assert LinearEstimator().draw_weights(400, 50, 0)["weight_1"].var() == pytest.approx(
        1 / 400, rel=0.05
    )


def by_gradient_flow(sigma, depth=2):
    """Weights of a diagonal network after a long training by small steps, and the data."""
    source = np.random.default_rng(0)
    x, y = (torch.from_numpy(source.normal(size=shape)) for shape in ((1, 5, 9), (1, 5, 1)))
    model = DiagonalLinear(depth=depth)
    weights = {
        name: sigma * torch.from_numpy(w)[None] for name, w in model.draw_weights(9, 1, 0).items()
    }
    evaluate = model.on(x, {})
    rate = 0.02 / max(sigma, 1) ** 2
    for _ in range(20_000):
        value, pullback = evaluate(weights)
        if (value - y).abs().max() < 1e-7:
            break
        slopes = pullback((value - y) / 5)
        weights = {name: w - rate * slopes[name] for name, w in weights.items()}
    positive, negative = (weights[name][0].numpy() for name in ("positive", "negative"))
    return positive, negative, x[0].numpy(), y[0].numpy()


def test_a_diagonal_network_starts_at_zero():
    weights = {n: torch.from_numpy(w) for n, w in DiagonalLinear().draw_weights(4, 1, 0).items()}
    assert not DiagonalLinear().output(weights, torch.randn(3, 4).double(), {}).any()


@pytest.mark.parametrize("sigma", [0.3, 1.0])
def test_gradient_flow_finds_the_predictor_that_minimizes_the_hyperbolic_entropy(sigma):
    """Its gradient arcsinh(β/2σ²) is in the span of the inputs (Woodworth et al., 2020)."""
    positive, negative, x, y = by_gradient_flow(sigma)
    beta = positive**2 - negative**2
    np.testing.assert_allclose(x @ beta, y[:, 0], atol=1e-6)
    gradient = np.arcsinh(beta / (2 * sigma**2))
    residual = gradient - x.T @ np.linalg.lstsq(x.T, gradient, rcond=None)[0]
    assert np.abs(residual).max() < 0.05 * np.abs(gradient).max()


def test_a_large_scale_finds_the_least_l2_norm_and_a_small_one_a_lesser_l1_norm():
    lazy, rich = ((p**2 - n**2, x, y) for p, n, x, y in (by_gradient_flow(s) for s in (10.0, 0.2)))
    least = np.linalg.pinv(lazy[1]) @ lazy[2][:, 0]
    np.testing.assert_allclose(lazy[0], least, atol=0.01)
    assert np.abs(rich[0]).sum() < 0.97 * np.abs(lazy[0]).sum()
