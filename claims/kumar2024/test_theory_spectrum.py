"""The eigenfunctions and eigenvalues of the initial kernel (§5, Appendix 11.1 and 12).

The formulas are compared with kernels that are computed from the gradient of one unit. Averages
over weights and inputs are those of polynomials in Gaussian numbers, for which quadrature is exact:
at its points, the Mercer problem is that of a matrix. Eigenvalues are also computed from kernel
matrices of random inputs, drawn with seeds 100 to 111.
"""

import functools
import itertools

import numpy as np
import xarray as xr

from grokspec.claims.claim import claim
from grokspec.claims.controls import instead
from grokspec.statistics import agreement, power_law, ratio
from grokspec.statistics.finding import all_of
from grokspec.theory import spectrum
from grokspec.theory.quadrature import gaussian_rule

SEEDS = range(100, 112)
SIZES = [2, 3, 4]
EPSILONS = [0.1, 0.3, 0.5]  # small enough for λ_lin > λ_norm > λ_quad
SIZE = 4
SAMPLES = 1000


# The kernel at infinite width, as an operator on functions


def kernel(x, z, epsilon):
    """``⟨φ'(w·x) φ'(w·z)⟩ x·z`` over w ~ N(0, I): N/α² times the kernel of Eq. 2."""
    weights, shares = gaussian_rule(x.shape[-1])
    slopes = [1 + epsilon * inputs @ weights.T for inputs in (x, z)]
    return (slopes[0] * shares) @ slopes[1].T * (x @ z.T)


def kernel_with_readouts(x, z, epsilon):
    """``⟨v² φ'(w·x) φ'(w·z)⟩ x·z + ⟨φ(w·x) φ(w·z)⟩`` over w and v: N/α² times that of Eq. 21."""
    points, shares = gaussian_rule(x.shape[-1] + 1)
    weights, readouts = points[:, :-1], points[:, -1]
    hidden = [inputs @ weights.T for inputs in (x, z)]
    slopes = [1 + epsilon * h for h in hidden]
    units = [h + epsilon / 2 * h**2 for h in hidden]
    by_weights = (slopes[0] * shares * readouts**2) @ slopes[1].T * (x @ z.T)
    return by_weights + (units[0] * shares) @ units[1].T


def image(function, z, epsilon, kernel=kernel):
    """``⟨K(x, z) φ(x)⟩`` at z, the left side of Eq. 11, of functions [x, function]."""
    points, shares = gaussian_rule(z.shape[-1])
    x = points / z.shape[-1] ** 0.5
    return np.atleast_2d((function(x).T * shares) @ kernel(x, z, epsilon))


def eigenvalue(function, epsilon, kernel=kernel):
    """The Rayleigh quotient ``⟨φ(x) K(x, z) φ(z)⟩ / ⟨φ²⟩`` of one function."""
    points, shares = gaussian_rule(SIZE)
    x = points / SIZE**0.5
    values = function(x)
    return (image(function, x, epsilon, kernel)[0] * values) @ shares / (values**2 @ shares)


def exact_spectrum(size, epsilon):
    """The eigenvalues of the kernel, ascending, one for each point of the quadrature."""
    points, shares = gaussian_rule(size)
    x, root = points / size**0.5, shares**0.5
    return np.linalg.eigvalsh(root[:, None] * kernel(x, x, epsilon) * root)


def images_agree(what, functions, formula, sizes=SIZES, kernel=kernel):
    """Judge whether a formula of (z, ε) is the result of the kernel on some functions of x."""
    made, said = [], []
    for size, epsilon in itertools.product(sizes, EPSILONS):
        z = drawn_inputs(0, 5, size)
        made.append(image(functions, z, epsilon, kernel).ravel())
        said.append(np.atleast_2d(formula(z, epsilon).T).ravel())
    names = f"images of {what}", "the formula's"
    return agreement(
        *(
            labeled(np.concatenate(values), name, value=None)
            for values, name in zip((made, said), names, strict=True)
        ),
        rtol=1e-9,
    )


def are_eigenfunctions(what, functions, eigenvalue, sizes=SIZES, kernel=kernel):
    """Judge whether the kernel multiplies some functions by an eigenvalue, a formula of (D, ε)."""

    def multiplied(z, epsilon):
        return eigenvalue(z.shape[-1], epsilon) * functions(z)

    return images_agree(what, functions, multiplied, sizes, kernel)


def drawn_inputs(seed, count, size):
    """Inputs x ~ N(0, I/D)."""
    return np.random.default_rng(seed).standard_normal((count, size)) / size**0.5


def drawn_directions():
    """β ~ N(0, I) for each seed."""
    return [np.random.default_rng(seed).standard_normal(SIZE) for seed in SEEDS]


def labeled(values, name, **dims):
    """An array with named dimensions; those with None have no coordinate."""
    coords = {dim: list(points) for dim, points in dims.items() if points is not None}
    return xr.DataArray(np.asarray(values), dims=tuple(dims), coords=coords).assign_attrs(
        long_name=name
    )


def at_epsilons(formula):
    """A formula for an eigenvalue, at every ε and for every seed."""
    values = [[formula(SIZE, epsilon)] * len(SEEDS) for epsilon in EPSILONS]
    return labeled(values, "the formula", epsilon=EPSILONS, seed=SEEDS)


# The spectrum of a sample


@functools.cache
def sampled_spectrum():
    """Eigenvalues of K/P for P random inputs, [seed, ε]: means over those of one kind."""
    kinds = {
        "linear": slice(0, SIZE),
        "norm": slice(SIZE, SIZE + 1),
        "quadratic": slice(SIZE + 1, SIZE + SIZE * (SIZE + 1) // 2),
    }
    spectra = np.array([[largest_eigenvalues(s, epsilon) for epsilon in EPSILONS] for s in SEEDS])
    return {
        kind: labeled(
            spectra[..., chosen].mean(-1),
            f"sampled {kind} eigenvalue",
            seed=SEEDS,
            epsilon=EPSILONS,
        )
        for kind, chosen in kinds.items()
    }


def largest_eigenvalues(seed, epsilon):
    """The nonzero ones, descending."""
    from scipy.sparse.linalg import eigsh

    x = drawn_inputs(seed, SAMPLES, SIZE)
    count = SIZE + SIZE * (SIZE + 1) // 2
    start = np.ones(SAMPLES)  # otherwise eigsh draws one
    return np.sort(eigsh(kernel(x, x, epsilon) / SAMPLES, count, v0=start)[0])[::-1]


def sample_agrees(kind, formula):
    """Judge whether a formula gives the sampled eigenvalues of one kind."""
    # Sampling shifts an eigenvalue by about (number of eigenfunctions)/P = 1.4% and spreads it by
    # at most √(2.4/P) = 5% (for |x|²), so a median of twelve by 2%. On seeds 0 to 11 no median was
    # off by more than 2%.
    return ratio(sampled_spectrum()[kind], at_epsilons(formula)).within(0.9, 1.1)


# The eigenvalues


def norm(x):
    """|x|², [example]."""
    return (x**2).sum(-1)


def linear_eigenvalue(size, epsilon):
    """1/D at every ε."""
    return spectrum.linear_eigenvalue(size)


def readout_linear_eigenvalue(size, epsilon):
    """2/D at every ε."""
    return spectrum.readout_linear_eigenvalue(size)


def norm_eigenvalue_printed(size, epsilon):
    """(1 + 2/D)/D at every ε."""
    return spectrum.norm_eigenvalue_printed(size)


@claim(
    "T03",
    "§5, Eq. 12",
    given=linear_eigenvalue,
    control=instead("the eigenvalue 2/D of the kernel with readouts", readout_linear_eigenvalue),
)
def test_linear_functions_have_eigenvalue_one_over_dimension(given):
    """Linear functions are eigenfunctions of the initial kernel, with eigenvalue 1/D."""
    assert all_of(
        are_eigenfunctions("x_i", lambda x: x, given),
        sample_agrees("linear", given),
    )


@claim(
    "T04",
    "§5, and after Eq. 17, as printed",
    given=spectrum.quadratic_eigenvalue_printed,
    expected="refuted",
    positive_control=instead("the eigenvalue with ε²", spectrum.quadratic_eigenvalue),
)
def test_quadratic_eigenvalue_is_the_printed_one(given):
    """Quadratic functions have the eigenvalue 2ε/D²."""
    assert sample_agrees("quadratic", given)


@claim(
    "T04",
    "Eq. 14 and 15, as derived",
    given=spectrum.quadratic_eigenvalue,
    control=instead("the eigenvalue with ε", spectrum.quadratic_eigenvalue_printed),
)
def test_quadratic_eigenvalue_is_that_of_the_appendix(given):
    """Quadratic functions other than |x|² have the eigenvalue 2ε²/D²."""
    assert all_of(
        are_eigenfunctions("x_i x_j", spectrum.mixed_eigenfunctions, given),
        sample_agrees("quadratic", given),
    )


@claim(
    "T06",
    "Eq. 16, as printed",
    given=norm_eigenvalue_printed,
    expected="refuted",
    positive_control=instead("the eigenvalue with ε²", spectrum.norm_eigenvalue),
)
def test_norm_eigenvalue_is_the_printed_one(given):
    """The function |x|² has the eigenvalue (1 + 2/D)/D."""
    assert sample_agrees("norm", given)


@claim(
    "T06",
    "Eq. 16, as derived",
    given=spectrum.norm_eigenvalue,
    control=[
        instead("the eigenvalue without ε²", norm_eigenvalue_printed),
        instead("the eigenvalue of the other quadratic functions", spectrum.quadratic_eigenvalue),
    ],
)
def test_norm_eigenvalue_has_epsilon_squared(given):
    """The function |x|² has the eigenvalue ε²(1 + 2/D)/D, as in Eq. 13."""
    assert all_of(
        are_eigenfunctions("|x|²", norm, given),
        sample_agrees("norm", given),
    )


# The eigenfunctions, and their number


def multiplied_squares(z, epsilon):
    """The squares z_i² times λ_quad, as if they were eigenfunctions."""
    return spectrum.quadratic_eigenvalue(z.shape[-1], epsilon) * z**2


@claim(
    "T05",
    "Eq. 13",
    given=spectrum.image_of_squares,
    control=instead("x_i² multiplied by λ_quad, as an eigenfunction would be", multiplied_squares),
)
def test_squares_are_mixed_with_the_norm(given):
    """The kernel maps x_i² to (ε²/D²)(2x_i² + |x|²)."""
    assert images_agree("x_i²", np.square, given)


@claim(
    "T05",
    "Eq. 14 and 15",
    given=spectrum.diagonal_eigenfunctions,
    control=instead("x_i² as it is, whose image has |x|² in it", np.square),
)
def test_quadratic_eigenfunctions_are_the_printed_ones(given):
    """The functions x_i² − |x|²/D and x_i x_j are eigenfunctions with the same eigenvalue."""
    mixed = spectrum.mixed_eigenfunctions

    assert all_of(
        are_eigenfunctions("x_i² − |x|²/D", given, spectrum.quadratic_eigenvalue),
        are_eigenfunctions("x_i x_j", mixed, spectrum.quadratic_eigenvalue),
    )


@claim(
    "T05",
    "Eq. 14 and 15, as printed",
    given=spectrum.quadratic_multiplicity_printed,
    expected="refuted",
    positive_control=instead("one fewer", spectrum.quadratic_multiplicity),
)
def test_quadratic_eigenvalue_has_the_printed_number_of_eigenfunctions(given):
    """The eigenvalue λ_quad has D + ½(D² − D) eigenfunctions, of which D are x_i² − |x|²/D."""
    assert agreement(independent_eigenfunctions(), counted(given), atol=0)


@claim(
    "T05",
    "Eq. 14 and 15, as derived",
    given=spectrum.quadratic_multiplicity,
    control=instead("the printed number", spectrum.quadratic_multiplicity_printed),
)
def test_quadratic_eigenvalue_has_one_eigenfunction_fewer(given):
    """The eigenvalue λ_quad has D − 1 + ½(D² − D): the functions x_i² − |x|²/D sum to zero."""
    said = counted(given)

    assert all_of(
        agreement(independent_eigenfunctions(), said, atol=0),
        agreement(eigenvalues_at_quadratic(), said, atol=0),
    )


def independent_eigenfunctions():
    """The number of independent functions of Eq. 14 and 15: the rank of their values."""

    def rank(seed, size):
        x = drawn_inputs(seed, 10 * size, size)
        functions = spectrum.diagonal_eigenfunctions(x), spectrum.mixed_eigenfunctions(x)
        return np.linalg.matrix_rank(np.concatenate(functions, axis=-1))

    ranks = [[rank(seed, size) for size in SIZES] for seed in SEEDS]
    return labeled(ranks, "independent functions", seed=SEEDS, inputs=SIZES)


def eigenvalues_at_quadratic(epsilon=0.3):
    """The number of eigenvalues of the kernel that are λ_quad."""

    def count(size):
        value = spectrum.quadratic_eigenvalue(size, epsilon)
        return np.isclose(exact_spectrum(size, epsilon), value, rtol=1e-6, atol=0).sum()

    counts = [[count(size) for size in SIZES]] * len(SEEDS)
    return labeled(counts, "eigenvalues at λ_quad", seed=SEEDS, inputs=SIZES)


def counted(formula):
    """A formula for a number of eigenfunctions, in every dimension and for every seed."""
    numbers = [[formula(size) for size in SIZES]] * len(SEEDS)
    return labeled(numbers, "the number said", seed=SEEDS, inputs=SIZES)


# The target


@claim(
    "T07",
    "Eq. 17, as printed",
    given=spectrum.target_parts_printed,
    expected="refuted",
    positive_control=instead("|β|²|x|²/(2D) in the place of |x|²/(2D)", spectrum.target_parts),
)
def test_target_has_the_printed_parts(given):
    """The part ½[(β·x)² − |x|²/D] of the target has the eigenvalue λ_quad."""
    measured = quotients(given)

    assert ratio(measured, at_epsilons(spectrum.quadratic_eigenvalue)).within(0.99, 1.01)


def drawn_unit_directions():
    """The same directions, of length one."""
    return [beta / np.linalg.norm(beta) for beta in drawn_directions()]


@claim(
    "T07",
    "Eq. 17, where |β| = 1",
    given=drawn_unit_directions,
    control=instead("directions of any length", drawn_directions),
)
def test_target_has_the_printed_parts_for_a_unit_direction(given):
    """With |β| = 1 both parts of the target in Eq. 17 are eigenfunctions."""
    assert parts_are_eigenfunctions(spectrum.target_parts_printed, given())


@claim(
    "T07",
    "Eq. 17, as derived",
    given=spectrum.target_parts,
    control=instead("the printed parts", spectrum.target_parts_printed),
)
def test_target_has_the_derived_parts(given):
    """With |β|²|x|²/(2D) instead of |x|²/(2D), both are eigenfunctions for any β."""
    assert parts_are_eigenfunctions(given, drawn_directions())


def parts_are_eigenfunctions(split, directions):
    """Judge whether the target's parts have the eigenvalues λ_quad and λ_norm, and add up to it."""
    beta = np.stack(directions)
    x = drawn_inputs(0, 5, SIZE)
    dims = {"seed": SEEDS, "x": None}
    target = labeled(0.5 * (beta @ x.T) ** 2, "target", **dims)
    summed = labeled(sum(split(x, beta)), "sum of its parts", **dims)

    def quadratic(x):
        return split(x, beta).quadratic.T

    def norm(x):
        return split(x, beta).norm.T

    return all_of(
        are_eigenfunctions("the first part", quadratic, spectrum.quadratic_eigenvalue, [SIZE]),
        are_eigenfunctions("the second part", norm, spectrum.norm_eigenvalue, [SIZE]),
        agreement(summed, target, rtol=1e-9),
    )


def quotients(split, kernel=kernel):
    """Rayleigh quotients of the first part of the target, in random directions."""

    def quotient(beta, epsilon):
        return eigenvalue(lambda x: split(x, beta).quadratic, epsilon, kernel)

    values = [[quotient(beta, epsilon) for epsilon in EPSILONS] for beta in drawn_directions()]
    return labeled(values, "Rayleigh quotient", seed=SEEDS, epsilon=EPSILONS)


# With trained readouts


ORDER_ONE, ORDER_TWO = (0.99, 1.01), (1.99, 2.01)
"""Intervals of an exponent in ε that is one, or two, up to rounding."""


@claim(
    "T09",
    "§12, after Eq. 23, as printed",
    given=ORDER_ONE,
    expected="refuted",
    positive_control=instead("the order ε²", ORDER_TWO),
)
def test_quadratic_eigenvalue_with_readouts_is_of_order_epsilon(given):
    """With readouts, the eigenvalue of quadratic functions is of order ε."""
    measured = quotients(spectrum.target_parts, kernel_with_readouts)

    assert power_law(measured, along="epsilon").within(*given)


@claim(
    "T09",
    "§12, after Eq. 23, as derived",
    given=ORDER_TWO,
    control=instead("the order ε", ORDER_ONE),
)
def test_quadratic_eigenvalue_with_readouts_is_of_order_epsilon_squared(given):
    """With readouts, the eigenvalue of quadratic functions is of order ε²."""
    measured = quotients(spectrum.target_parts, kernel_with_readouts)

    assert power_law(measured, along="epsilon").within(*given)


WITH_READOUTS = {
    "linear": readout_linear_eigenvalue,
    "quadratic": spectrum.readout_quadratic_eigenvalue,
    "norm": spectrum.readout_norm_eigenvalue,
}
"""The eigenvalues with readouts that we derived, by eigenfunction."""


def with_another(kind, eigenvalue):
    """The same eigenvalues, one of which is replaced by that without readouts."""
    return instead(f"the {kind} eigenvalue without readouts", {**WITH_READOUTS, kind: eigenvalue})


@claim(
    "T09",
    "§12, our derivation",
    given=WITH_READOUTS,
    control=[
        with_another("linear", linear_eigenvalue),
        with_another("quadratic", spectrum.quadratic_eigenvalue),
        with_another("norm", spectrum.norm_eigenvalue),
    ],
)
def test_eigenvalues_with_readouts(given):
    """With readouts the eigenvalues are 2/D, 3ε²/D² and, for |x|², ε²(1 + 2/D)(1/4 + 3/(2D))."""
    kinds = [
        ("x_i", lambda x: x, given["linear"]),
        ("x_i x_j", spectrum.mixed_eigenfunctions, given["quadratic"]),
        ("x_i² − |x|²/D", spectrum.diagonal_eigenfunctions, given["quadratic"]),
        ("|x|²", norm, given["norm"]),
    ]

    assert all_of(*(are_eigenfunctions(*kind, kernel=kernel_with_readouts) for kind in kinds))
