"""The paper's formulas for the committee machine, against what they are formulas of."""

import numpy as np
import xarray as xr

from grokspec import theory
from grokspec.claims import claim
from grokspec.statistics import agreement

RNG = np.random.default_rng(0)
NETWORKS = [
    (alpha, epsilon, width) for alpha in (0.5, 3.0) for epsilon in (0.1, 1.0) for width in (5, 50)
]
SIZE, EXAMPLES = 7, 12


def kernels(formula):
    """The kernels of some networks: by autograd from Eq. 2 and 3, and by a formula."""
    by_autograd, by_formula = [], []
    for alpha, epsilon, width in NETWORKS:
        weights = RNG.standard_normal((width, SIZE))
        x = RNG.standard_normal((EXAMPLES, SIZE)) / SIZE**0.5
        moments = weights.mean(0), weights.T @ weights / width
        by_autograd.append(tangent_kernel(weights, x, alpha, epsilon))
        by_formula.append(formula(x, moments, alpha, epsilon, width))
    names = [f"α={a:g} ε={e:g} N={n}" for a, e, n in NETWORKS]
    return [
        xr.DataArray(
            np.stack(values),
            dims=("network", "x", "z"),
            coords={"network": names},
            attrs={"long_name": label},
        )
        for values, label in ((by_autograd, "kernel by autograd"), (by_formula, "the formula"))
    ]


def tangent_kernel(weights, x, alpha, epsilon):
    """∇f(x)·∇f(z) of the network of Eq. 3, by automatic differentiation."""
    import torch

    def network(weights):
        hidden = torch.from_numpy(x) @ weights.T
        return alpha * (hidden + 0.5 * epsilon * hidden**2).mean(-1)

    jacobian = torch.func.jacrev(network)(torch.from_numpy(weights)).reshape(len(x), -1)
    return (jacobian @ jacobian.T).numpy()


@claim(
    "T01",
    "Eq. 5 and 18, as printed",
    verdict="refuted",
    control="the kernel with the factor α²/N, claimed below",
)
def test_kernel_is_the_printed_one():
    """The neural tangent kernel is Eq. 5."""
    by_autograd, printed = kernels(
        lambda x, moments, alpha, epsilon, width: theory.ntk_printed(x, x, *moments, epsilon)
    )

    assert agreement(by_autograd, printed, rtol=1e-9)


@claim(
    "T01",
    "Eq. 5 and 18, as derived",
    control="the kernel without that factor, refuted above",
)
def test_kernel_is_the_printed_one_times_alpha_squared_over_width():
    """The neural tangent kernel is Eq. 5 times α²/N."""
    by_autograd, derived = kernels(
        lambda x, moments, alpha, epsilon, width: theory.ntk(x, x, *moments, epsilon, alpha, width)
    )

    assert agreement(by_autograd, derived, rtol=1e-9)
