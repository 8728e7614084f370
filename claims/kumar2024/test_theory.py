"""The kernels of the appendix, compared with those of networks.

Theory needs no runs. A correct formula must agree with what it describes, and another formula, its
negative control, must not. A refuted formula is shown by its ratio, and the formula that we derived
instead is the positive control. Networks are drawn with seeds 200 to 219.
"""

import functools

import numpy as np
import xarray as xr

from grokspec import theory
from grokspec.claims.claim import claim
from grokspec.claims.controls import instead
from grokspec.statistics import agreement, power_law, ratio
from grokspec.statistics.finding import all_of
from grokspec.theory import spectrum
from grokspec.theory.quadrature import gaussian_rule

SEEDS = range(200, 220)
WIDTHS = [25, 100, 400, 1600]
SIZE, EXAMPLES = 20, 20  # inputs for each network; with more, a difference varies less
SMALL = 4  # small enough for quadrature, with its 3^D points
ALPHA = 3.0
EPSILON = 0.7  # so that both terms of the kernels matter


# The networks, and their kernels by automatic differentiation


def tangent_kernel(x, weights, share, epsilon, readouts=None):
    """∇f(x)·∇f(z) for ``f = Σᵢ cᵢ vᵢ φ(wᵢ·x)``, where ``share`` is c (Eq. 2, 3 and 21).

    Without ``readouts``, v is one and not trained.
    """
    import torch

    x, weights, share = (torch.from_numpy(np.asarray(array)) for array in (x, weights, share))

    def network(weights, readouts):
        hidden = x @ weights.T
        return ((hidden + 0.5 * epsilon * hidden**2) * readouts * share).sum(-1)

    if readouts is None:
        trained, v = (0,), torch.ones(len(weights), dtype=weights.dtype)
    else:
        trained, v = (0, 1), torch.from_numpy(readouts)
    gradients = torch.func.jacrev(network, argnums=trained)(weights, v)
    return sum(((g := part.flatten(1)) @ g.T).numpy() for part in gradients)


def drawn_inputs(seed, size):
    """Inputs x ~ N(0, I/D), the same number for each size and seed."""
    return np.random.default_rng([seed, 0]).standard_normal((EXAMPLES, size)) / size**0.5


def network_kernel(seed, width, with_readouts):
    """The initial kernel of a random network with α = ALPHA."""
    drawn = np.random.default_rng([seed, 1]).standard_normal((width, SIZE + 1))
    readouts = drawn[:, -1] if with_readouts else None
    x = drawn_inputs(seed, SIZE)
    return tangent_kernel(x, drawn[:, :-1], ALPHA / width, EPSILON, readouts)


def infinite_kernel(seed, with_readouts):
    """N/α² times the initial kernel of an infinitely wide network, exact.

    The mean over units is the average of a polynomial over a Gaussian, for which quadrature is
    exact. It is the kernel of a network with one unit for each point, weighted by the root of its
    share.
    """
    points, shares = gaussian_rule(SMALL + 1)
    readouts = points[:, -1] if with_readouts else None
    x = drawn_inputs(seed, SMALL)
    return tangent_kernel(x, points[:, :-1], shares**0.5, EPSILON, readouts)


@functools.cache
def network_kernels(with_readouts):
    """The kernels of networks of several widths, [seed, width, x, z]."""
    kernels = [[network_kernel(s, n, with_readouts) for n in WIDTHS] for s in SEEDS]
    return labeled(kernels, "kernel by autograd", seed=SEEDS, width=WIDTHS, x=None, z=None)


def limits(formula, *scale, size=SIZE):
    """A formula for the infinite width, on the inputs of every seed, [seed, x, z]."""
    kernels = [formula(x := drawn_inputs(seed, size), x, EPSILON, *scale) for seed in SEEDS]
    return labeled(kernels, "the formula", seed=SEEDS, x=None, z=None)


def infinite_kernels(with_readouts):
    """The kernels of infinitely wide networks, [seed, x, z]."""
    kernels = [infinite_kernel(seed, with_readouts) for seed in SEEDS]
    return labeled(kernels, "kernel at infinite width", seed=SEEDS, x=None, z=None)


def labeled(values, name, **dims):
    """An array with named dimensions; those with None have no coordinate."""
    coords = {dim: list(points) for dim, points in dims.items() if points is not None}
    return xr.DataArray(np.asarray(values), dims=tuple(dims), coords=coords).assign_attrs(
        long_name=name
    )


def size_of(kernel):
    """The Frobenius norm."""
    return ((kernel**2).sum(["x", "z"]) ** 0.5).assign_attrs(kernel.attrs)


def departure(kernel, limit):
    """The distance of a kernel from another, as a share of the norm of the latter."""
    share = size_of(kernel - limit) / size_of(limit)
    return share.assign_attrs(long_name="departure from the formula")


# The kernel in terms of w̄ and M


NETWORKS = [
    (alpha, epsilon, width) for alpha in (0.5, 3.0) for epsilon in (0.1, 1.0) for width in (5, 50)
]


def kernels(formula):
    """The kernels of some networks: by autograd from Eq. 2 and 3, and by a formula."""
    generator = np.random.default_rng(0)
    by_autograd, by_formula = [], []
    for alpha, epsilon, width in NETWORKS:
        weights = generator.standard_normal((width, 7))
        x = generator.standard_normal((EXAMPLES, 7)) / 7**0.5
        moments = weights.mean(0), weights.T @ weights / width
        by_autograd.append(tangent_kernel(x, weights, alpha / width, epsilon))
        by_formula.append(formula(x, moments, alpha, epsilon, width))
    names = [f"α={a:g} ε={e:g} N={n}" for a, e, n in NETWORKS]
    return [
        labeled(by_autograd, "kernel by autograd", network=names, x=None, z=None),
        labeled(by_formula, "the formula", network=names, x=None, z=None),
    ]


def printed_kernel(x, moments, alpha, epsilon, width):
    """Eq. 5, without any factor of α and N."""
    return theory.ntk_printed(x, x, *moments, epsilon)


def derived_kernel(x, moments, alpha, epsilon, width):
    """Eq. 5 times α²/N."""
    return theory.ntk(x, x, *moments, epsilon, alpha, width)


def factor_with_alpha_once(x, moments, alpha, epsilon, width):
    """Eq. 5 times α/N, as if only one gradient had the factor α/N."""
    return derived_kernel(x, moments, alpha, epsilon, width) / alpha


@claim(
    "T01",
    "Eq. 5 and 18, as printed",
    given=printed_kernel,
    expected="refuted",
    positive_control=instead("the kernel with the factor α²/N", derived_kernel),
)
def test_kernel_is_the_printed_one(given):
    """The neural tangent kernel is Eq. 5."""
    by_autograd, said = kernels(given)

    assert agreement(by_autograd, said, rtol=1e-9)


@claim(
    "T01",
    "Eq. 5 and 18, as derived",
    given=derived_kernel,
    control=[
        instead("the kernel without the factor α²/N", printed_kernel),
        instead("the factor α/N", factor_with_alpha_once),
    ],
)
def test_kernel_is_the_printed_one_times_alpha_squared_over_width(given):
    """The neural tangent kernel is Eq. 5 times α²/N."""
    by_autograd, said = kernels(given)

    assert agreement(by_autograd, said, rtol=1e-9)


# At infinite width


def without_factor(printed):
    """A printed formula as a function of α and the width, on which it does not depend."""

    def formula(x, z, epsilon, alpha, width):
        return printed(x, z, epsilon)

    return formula


PRINTED, PRINTED_WITH_READOUTS = map(
    without_factor, (spectrum.initial_kernel_printed, spectrum.readout_kernel_printed)
)


@claim(
    "T02",
    "Eq. 10, as printed",
    given=PRINTED,
    expected="refuted",
    positive_control=instead("the kernel with the factor α²/N", spectrum.initial_kernel),
)
def test_initial_kernel_is_the_printed_one(given):
    """The initial kernel of a wide network is x·x' + ε²(x·x')²."""
    assert is_of_the_size_of(given, network_kernels(with_readouts=False))


@claim(
    "T02",
    "Eq. 10, as derived",
    given=spectrum.initial_kernel,
    control=[
        instead("the kernel without that factor", PRINTED),
        instead("the kernel with readouts", spectrum.readout_kernel),
    ],
)
def test_initial_kernel_tends_to_the_derived_one(given):
    """In units of α²/N, the initial kernel tends to Eq. 10, with a difference of order 1/√N."""
    assert all_of(
        agreement(
            infinite_kernels(with_readouts=False), limits(given, 1, 1, size=SMALL), rtol=1e-9
        ),
        departs_as_one_over_root_width(network_kernels(with_readouts=False), given),
    )


def over_widths(formula):
    """A formula at every width of the networks."""
    return xr.concat(
        [limits(formula, ALPHA, width) for width in WIDTHS], xr.Variable("width", WIDTHS)
    )


def is_of_the_size_of(formula, kernels):
    """Judge whether a formula has the norm of the networks' kernels, within a factor of two."""
    return ratio(size_of(kernels), size_of(over_widths(formula))).within(0.5, 2)


def departs_as_one_over_root_width(kernels, formula):
    """Judge whether networks approach a formula as a mean over N independent units does."""
    # A difference varies by a quarter from draw to draw (seeds 0 to 19), so an exponent from four
    # widths by 0.09 and the median of twenty by 0.025. The bounds are four times that away.
    return power_law(departure(kernels, over_widths(formula)), along="width").within(-0.6, -0.4)


# With trained readouts


@claim(
    "T09",
    "Eq. 21–23, as printed",
    given=PRINTED_WITH_READOUTS,
    expected="refuted",
    positive_control=instead("the kernel with the factor α²/N", spectrum.readout_kernel),
)
def test_kernel_with_readouts_is_the_printed_one(given):
    """With readouts, the initial kernel of a wide network is Eq. 23."""
    assert is_of_the_size_of(given, network_kernels(with_readouts=True))


@claim(
    "T09",
    "Eq. 21–23, as derived",
    given=spectrum.readout_kernel,
    control=[
        instead("the kernel without that factor", PRINTED_WITH_READOUTS),
        instead("the kernel without readouts", spectrum.initial_kernel),
    ],
)
def test_kernel_with_readouts_tends_to_the_derived_one(given):
    """In units of α²/N, the kernel with readouts tends to Eq. 23, with a difference ~ 1/√N."""
    assert all_of(
        agreement(infinite_kernels(with_readouts=True), limits(given, 1, 1, size=SMALL), rtol=1e-9),
        departs_as_one_over_root_width(network_kernels(with_readouts=True), given),
    )
