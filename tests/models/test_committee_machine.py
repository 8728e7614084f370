import pytest
import torch

from grokspec.models.base import Model
from grokspec.models.committee import Committee


def stack(runs=3, width=8, size=5, examples=7):
    torch.manual_seed(0)
    weights = {"hidden": torch.randn(runs, width, size, dtype=torch.float64)}
    inputs = torch.randn(runs, examples, size, dtype=torch.float64)
    scalars = {"epsilon": torch.rand(runs, dtype=torch.float64)}
    return Committee(width=width, epsilon=0.1), weights, inputs, scalars


def test_own_gradient_is_the_automatic_one():
    model, weights, inputs, scalars = stack()
    cotangent = torch.randn(3, 7, 1, dtype=torch.float64)
    value, pullback = model.on(inputs, scalars)(weights)
    expected, expected_pullback = Model.on(model, inputs, scalars)(weights)
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(pullback(cotangent), expected_pullback(cotangent))


def test_output_is_the_quadratic_form_of_the_moments():
    model, weights, inputs, scalars = stack()
    mean, second = model.moments(weights)
    form = torch.einsum("rpi,ri->rp", inputs, mean) + 0.5 * scalars["epsilon"][:, None] * (
        torch.einsum("rpi,rij,rpj->rp", inputs, second, inputs)
    )
    torch.testing.assert_close(model.on(inputs, scalars)(weights)[0][..., 0], form)


def test_infinite_width_has_the_mean_of_the_finite_moments():
    exact = Committee(width="infinite", epsilon=0.1).draw_moments(4, seed=0)
    wide = Committee(width=200_000, epsilon=0.1).draw_moments(4, seed=0)
    for infinite, finite in zip(exact, wide, strict=True):
        assert finite == pytest.approx(infinite, abs=0.02)
