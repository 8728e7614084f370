"""Activations: those of torch, and pullbacks that are the automatic ones."""

from typing import get_args

import pytest
import torch
from torch.func import jvp, vmap
from torch.nn import functional

from grokspec.models._activations import ActivationName, activation_named

NAMES = get_args(ActivationName)
OURS = {"square": lambda h: h * h, "identity": lambda h: h}
"""What torch.nn.functional has no function for."""


def numbers() -> torch.Tensor:
    """Positive, negative, zero, and large enough for "softplus" to become linear."""
    return torch.cat([torch.linspace(-3, 3, 61, dtype=torch.float64), torch.tensor([-50.0, 50.0])])


@pytest.mark.parametrize("name", NAMES)
def test_values_are_those_of_torch(name):
    expected = OURS.get(name) or getattr(functional, name)
    torch.testing.assert_close(
        activation_named(name).value(numbers()), expected(numbers()), rtol=1e-15, atol=0
    )


@pytest.mark.parametrize("name", NAMES)
def test_pullbacks_are_the_automatic_ones(name):
    h, slope = numbers().requires_grad_(), torch.linspace(-1, 2, 63, dtype=torch.float64)
    activation = activation_named(name)
    phi = activation.value(h)
    (expected,) = torch.autograd.grad(phi, h, slope)
    found = activation.pullback(slope, h.detach(), phi.detach())
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_directional_derivatives_are_difference_quotients(name):
    """The linearized model rests on them, and takes them through vmap."""
    h, step = numbers() + 0.013, 1e-5
    value = activation_named(name).value
    _, slope = jvp(vmap(value), (h,), (torch.ones_like(h),))
    quotient = (value(h + step) - value(h - step)) / (2 * step)
    torch.testing.assert_close(quotient, slope, rtol=1e-6, atol=1e-8)
