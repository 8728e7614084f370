"""Alignment of the kernel with the task: its formulas (Appendix 11.2), and ε as a measure of it.

The kernel is Eq. 5, which T01 compares with networks, and the alignment that of §5.2 (called CKA
there). Over all inputs, both are averages of polynomials in Gaussian numbers, for which quadrature
is exact. Test sets are drawn with seeds from 100 on.
"""

import functools

import numpy as np
import xarray as xr

from grokspec import theory
from grokspec.claims.claim import claim
from grokspec.claims.controls import instead
from grokspec.models.committee import Committee
from grokspec.statistics import agreement, estimate, ratio
from grokspec.tasks.polynomial import Polynomial
from grokspec.theory import population_alignment
from grokspec.theory.quadrature import gaussian_rule

SEEDS = range(100, 112)
SIZE, WIDTH = 4, 30  # few enough that w̄ and M are far from 0 and I
EPSILON = 0.7
LABEL_SCALES = [0.25, 1.0, 4.0]


# Averages over all inputs


def drawn_network(seed):
    """A direction β, and the moments w̄ and M of a network, all drawn at random."""
    generator = np.random.default_rng(seed)
    beta, hidden = generator.standard_normal(SIZE), generator.standard_normal((WIDTH, SIZE))
    return beta, hidden.mean(0), hidden.T @ hidden / WIDTH


def population(beta, mean, second):
    """Targets ``½(β·x)²`` and kernel at the points of a quadrature, and the points' shares."""
    points, shares = gaussian_rule(SIZE)
    x = points / SIZE**0.5
    return 0.5 * (x @ beta) ** 2, theory.ntk_printed(x, x, mean, second, EPSILON), shares


def averages(targets, kernel, shares):
    """``⟨yKy⟩``, ``⟨K²⟩`` and ``⟨y²⟩``."""
    return (
        (shares * targets) @ kernel @ (shares * targets),
        shares @ kernel**2 @ shares,
        shares @ targets**2,
    )


def alignment_of_population(targets, kernel, shares):
    """The alignment of §5.2, in which each point has the weight of its share."""
    root = shares**0.5
    return theory.alignment(root[:, None] * kernel * root, root * targets)


def over_label_scales(quantity):
    """A quantity of targets, kernel and shares, for networks and several scales of the labels."""
    values = []
    for seed in SEEDS:
        targets, *others = population(*drawn_network(seed))
        values.append([quantity(scale * targets, *others) for scale in LABEL_SCALES])
    return labeled(values, "alignment", seed=SEEDS, label_scale=LABEL_SCALES)


def by_formula(formula):
    """A formula for the alignment, of the three averages, for the same networks and scales."""
    values = over_label_scales(lambda *sample: formula(*averages(*sample)))
    return values.assign_attrs(long_name="the formula")


def average(index, name):
    """One of the three averages, for every network."""
    values = [averages(*population(*drawn_network(seed)))[index] for seed in SEEDS]
    return labeled(values, name, seed=SEEDS)


def per_network(formula):
    """A formula of (β, w̄, M), for every network."""
    return labeled([formula(*drawn_network(seed)) for seed in SEEDS], "the formula", seed=SEEDS)


def labeled(values, name, **dims):
    """An array with named dimensions and their coordinates."""
    coords = {dim: list(points) for dim, points in dims.items()}
    return xr.DataArray(np.asarray(values), coords, tuple(dims)).assign_attrs(long_name=name)


@claim(
    "T08",
    "Eq. 19, as printed",
    given=population_alignment.alignment_printed,
    expected="refuted",
    positive_control=instead("the ratio to √⟨K²⟩⟨y²⟩", population_alignment.alignment),
)
def test_alignment_of_the_population_is_the_printed_one(given):
    """Over all inputs, the alignment of §5.2 is ⟨yKy⟩/√(⟨K²⟩⟨y²⟩), whatever the labels' scale."""
    measured = over_label_scales(alignment_of_population)

    assert ratio(measured, by_formula(given)).within(0.99, 1.01)


@claim(
    "T08",
    "Eq. 19, as derived",
    given=population_alignment.alignment,
    control=instead("the printed ratio", population_alignment.alignment_printed),
)
def test_alignment_of_the_population_is_free_of_scale(given):
    """Over all inputs, the alignment of §5.2 is ⟨yKy⟩/(√⟨K²⟩⟨y²⟩), whatever the labels' scale."""
    measured = over_label_scales(alignment_of_population)

    assert agreement(measured, by_formula(given), rtol=1e-9)


@claim(
    "T08",
    "Eq. 18–20, as derived",
    given=population_alignment.task_power,
    control=instead("Eq. 20 without the quarter", population_alignment.task_power_printed),
)
def test_alignment_of_a_large_sample_is_the_closed_form(given):
    """On many random inputs, the alignment of §5.2 is its closed form in w̄, M and β."""
    seeds = range(200, 240)
    found = [alignment_of_sample(seed) for seed in seeds]
    measured = labeled(found, "alignment", seed=seeds)
    formula = [closed_form(given, *drawn_network(seed)) for seed in seeds]
    said = labeled(formula, "the formula", seed=seeds)

    # An alignment varies by a twentieth from draw to draw (seeds 0 to 23), so a median of forty by
    # 1% and its interval by 2% on either side. The kernel's diagonal shifts it by less than 1%.
    assert ratio(measured, said).within(0.92, 1.08)


@functools.cache
def alignment_of_sample(seed, examples=2000):
    """The alignment of §5.2 on random inputs."""
    beta, mean, second = drawn_network(seed)
    x = np.random.default_rng([seed, 1]).standard_normal((examples, SIZE)) / SIZE**0.5
    kernel = theory.ntk_printed(x, x, mean, second, EPSILON)
    return theory.alignment(kernel, 0.5 * (x @ beta) ** 2)


def closed_form(task_power, beta, mean, second):
    """The alignment over all inputs for the target ½(β·x)², from a formula for ⟨yKy⟩."""
    return population_alignment.alignment(
        task_power(beta, second, EPSILON),
        population_alignment.kernel_square(mean, second, EPSILON),
        theory.baseline(np.outer(beta, beta)),
    )


@claim(
    "T08",
    "Eq. 20, as printed",
    given=population_alignment.task_power_printed,
    expected="refuted",
    positive_control=instead("a quarter of it", population_alignment.task_power),
)
def test_power_of_the_task_is_the_printed_one(given):
    """For the target ½(β·x)² of Eq. 3, ⟨yKy⟩ is Eq. 20."""
    said = per_network(lambda beta, mean, second: given(beta, second, EPSILON))

    assert ratio(average(0, "⟨yKy⟩"), said).within(0.99, 1.01)


@claim(
    "T08",
    "Eq. 20, as derived",
    given=population_alignment.task_power,
    control=instead("four times as much", population_alignment.task_power_printed),
)
def test_power_of_the_task_is_a_quarter_of_the_printed_one(given):
    """For the target ½(β·x)², ⟨yKy⟩ is a quarter of Eq. 20, which is that of (β·x)²."""
    said = per_network(lambda beta, mean, second: given(beta, second, EPSILON))

    assert agreement(average(0, "⟨yKy⟩"), said, rtol=1e-9)


def kernel_square_without_mean(mean, second, epsilon):
    """The average ⟨K²⟩ for w̄ = 0."""
    return population_alignment.kernel_square(0 * mean, second, epsilon)


@claim(
    "T08",
    "§11.2, our derivation",
    given=population_alignment.kernel_square,
    control=instead("w̄ taken for zero, as it is at infinite width", kernel_square_without_mean),
)
def test_mean_square_of_the_kernel(given):
    """The average ⟨K²⟩ that Eq. 19 needs has a closed form in w̄ and M."""
    said = per_network(lambda beta, mean, second: given(mean, second, EPSILON))

    assert agreement(average(1, "⟨K²⟩"), said, rtol=1e-9)


# ε as a measure of alignment


EPSILONS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0]
ANY, SMALL = slice(None), slice(None, 0.1)
INPUTS = 40
DRAWS = 4  # networks at each ε in a repetition
TESTED = 200


@functools.cache
def initial_alignment(seed, epsilon, examples=TESTED):
    """Alignment of the initial kernel with the task, and centered alignment, on a test set."""
    task = Polynomial(inputs=INPUTS, train=1, test=examples)
    moments = Committee(width=500, epsilon=epsilon).draw_moments(INPUTS, seed)
    data = task.draw(seed)
    kernel = theory.ntk_printed(data.test_inputs, data.test_inputs, *moments, epsilon)
    targets = data.test_targets[:, 0]
    return theory.alignment(kernel, targets), theory.centered_alignment(kernel, targets)


@functools.cache
def alignments():
    """Both alignments, [repetition, ε, draw, kind], each for another network and task."""
    seeds = np.arange(100, 100 + len(SEEDS) * len(EPSILONS) * DRAWS)
    values = [
        [
            [initial_alignment(seed, epsilon) for seed in draws]
            for epsilon, draws in zip(EPSILONS, own, strict=True)
        ]
        for own in seeds.reshape(len(SEEDS), len(EPSILONS), DRAWS).tolist()
    ]
    return labeled(
        values,
        "alignment",
        repetition=range(len(SEEDS)),
        epsilon=EPSILONS,
        draw=range(DRAWS),
        kind=["as in §5.2", "centered"],
    )


def correlation_with_epsilon(values):
    """Pearson's correlation of a quantity with ε over the networks of a repetition."""
    correlation = xr.corr(values, values.epsilon.broadcast_like(values), dim=["epsilon", "draw"])
    return estimate(correlation.assign_attrs(long_name="correlation with ε"), over="repetition")


STRONG = 0.7
"""A correlation counts as strong if ε explains half of the variance: r² = ½."""


@claim(
    "T13",
    "§5.2, §11.2",
    given=ANY,
    control=instead("only the networks with ε up to 0.1", SMALL),
)
def test_alignment_is_correlated_with_epsilon(given):
    """From ε = 0.01 to 4 the initial kernel's alignment with the task is correlated with ε."""
    assert correlation_with_epsilon(alignments().sel(epsilon=given)).above(STRONG)


@claim(
    "T13",
    "§5.2, §11.2, where ε is small",
    given=SMALL,
    expected="refuted",
    positive_control=instead("the networks with any ε", ANY),
)
def test_alignment_is_correlated_with_small_epsilon(given):
    """From ε = 0.01 to 0.1 the initial kernel's alignment with the task is correlated with ε."""
    assert correlation_with_epsilon(alignments().sel(epsilon=given)).above(STRONG)


@claim(
    "T13",
    "our finding",
    given=0.1,
    control=instead("ε = 4 in the place of 0.1, which has five times the alignment", 4.0),
)
def test_alignment_is_flat_in_small_epsilon(given):
    """A network with ε = 0.1 has the same alignment as one with ε = 0.01, within a tenth."""
    high, low = (
        labeled([initial_alignment(seed, epsilon)[0] for seed in SEEDS], name, seed=SEEDS)
        for epsilon, name in ((given, f"alignment at ε = {given:g}"), (0.01, "that at 0.01"))
    )

    assert ratio(high, low).within(0.9, 1.1)


def floor_of_larger_sample(inputs, examples):
    """The value of the formula for five times as many examples."""
    return population_alignment.floor_of_sample(inputs, 5 * examples)


@claim(
    "T13",
    "our finding",
    given=population_alignment.floor_of_sample,
    control=instead("the formula for five times as many examples", floor_of_larger_sample),
)
def test_alignment_at_small_epsilon_is_a_matter_of_the_test_set(given):
    """At ε = 0.01 the alignment is that of a finite test set whose true alignment is zero."""
    seeds, sizes = range(100, 140), [TESTED, 5 * TESTED]
    dims = {"seed": seeds, "examples": sizes}
    found = [[initial_alignment(seed, 0.01, size)[0] for size in sizes] for seed in seeds]
    floor = [[given(INPUTS, size) for size in sizes]] * len(seeds)
    measured, said = labeled(found, "alignment", **dims), labeled(floor, "the formula", **dims)

    # An alignment varies by a fifth from draw to draw (seeds 1000 to 1019), so the median of forty
    # by 4%. The bounds are five times that away.
    assert ratio(measured, said).within(0.8, 1.2)


CONSTANTS = [0.0, 1.0, 10.0]
"""Added to the labels, whose root mean square is of order one."""


@claim(
    "T13",
    "§5.2, our finding",
    given=theory.centered_alignment,
    control=instead("the alignment of §5.2, which is not centered", theory.alignment),
)
def test_centered_alignment_does_not_see_a_constant_in_the_labels(given):
    """A constant added to all labels leaves the centered alignment as it is."""
    values = []
    for seed in SEEDS:
        targets, kernel, _ = population(*drawn_network(seed))
        values.append([given(kernel, targets + constant) for constant in CONSTANTS])
    shifted = labeled(values, "centered alignment", seed=SEEDS, constant=CONSTANTS)
    plain = shifted.isel(constant=0, drop=True).broadcast_like(shifted)

    assert agreement(shifted, plain.assign_attrs(long_name="that without a constant"), rtol=1e-9)
