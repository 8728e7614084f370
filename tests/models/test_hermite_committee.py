import numpy as np
import pytest
import torch
from numpy.polynomial.hermite_e import HermiteE

from grokspec.models.base import Model
from grokspec.models.hermite_committee import HermiteCommittee, hermite

DEGREES = [2, 3, 4, 7]


def stack(degree, runs=3, width=8, size=5, examples=7):
    generator = torch.Generator().manual_seed(degree)
    weights = torch.randn(runs, width, size, generator=generator, dtype=torch.float64)
    inputs = torch.randn(runs, examples, size, generator=generator, dtype=torch.float64)
    scalars = {"epsilon": torch.tensor([0.2, 0.5, 0.8], dtype=torch.float64)}
    model = HermiteCommittee(width=width, degree=degree, epsilon=0.1)
    return model, {"hidden": weights}, inputs, scalars


@pytest.mark.parametrize("degree", DEGREES)
def test_polynomials_are_numpys(degree):
    x = np.linspace(-3, 3, 50)
    value, lower = hermite(torch.from_numpy(x), degree)
    assert value.numpy() == pytest.approx(HermiteE.basis(degree)(x))
    assert lower.numpy() == pytest.approx(HermiteE.basis(degree - 1)(x))


@pytest.mark.parametrize("degree", DEGREES)
def test_output_is_the_mean_over_units_of_the_activation(degree):
    model, weights, inputs, scalars = stack(degree)
    hidden = (inputs @ weights["hidden"].mT).numpy()
    epsilon = scalars["epsilon"].numpy()[:, None, None]
    activation = hidden + 0.5 * epsilon * HermiteE.basis(degree)(hidden)
    value = model.on(inputs, scalars)(weights)[0]
    assert value.numpy()[..., 0] == pytest.approx(activation.mean(-1))


@pytest.mark.parametrize("degree", DEGREES)
def test_own_gradient_is_the_automatic_one(degree):
    model, weights, inputs, scalars = stack(degree)
    cotangent = torch.sin(torch.arange(21, dtype=torch.float64)).view(3, 7, 1)
    value, pullback = model.on(inputs, scalars)(weights)
    expected, expected_pullback = Model.on(model, inputs, scalars)(weights)
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(pullback(cotangent), expected_pullback(cotangent))
