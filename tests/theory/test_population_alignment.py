import numpy as np
import pytest
import torch

from grokspec import theory
from grokspec.theory import population_alignment, spectrum
from grokspec.theory.quadrature import gaussian_rule

RNG = np.random.default_rng(0)
D = 3
EPSILON = 0.7


def network(*shape):
    """β, w̄ and M of some networks with few units."""
    hidden = RNG.standard_normal((*shape, 6, D))
    second = hidden.swapaxes(-1, -2) @ hidden / 6
    return RNG.standard_normal((*shape, D)), hidden.mean(-2), second


def averages(beta, mean, second, epsilon):
    points, shares = gaussian_rule(D)
    x = points / D**0.5
    kernel = theory.ntk_printed(x, x, mean, second, epsilon)
    targets = 0.5 * (x @ beta) ** 2
    return shares * targets @ kernel @ (shares * targets), shares @ kernel**2 @ shares


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 2.0])
def test_averages_are_those_over_all_inputs(epsilon):
    beta, mean, second = network()
    power, square = averages(beta, mean, second, epsilon)
    derived = population_alignment.task_power(beta, second, epsilon)
    assert derived == pytest.approx(power, rel=1e-12, abs=1e-15)
    derived = population_alignment.kernel_square(mean, second, epsilon)
    assert derived == pytest.approx(square, rel=1e-12)


def test_mean_square_of_the_initial_kernel_is_the_sum_of_squared_eigenvalues():
    size = 12
    total = (
        size * spectrum.linear_eigenvalue(size) ** 2
        + spectrum.quadratic_multiplicity(size) * spectrum.quadratic_eigenvalue(size, EPSILON) ** 2
        + spectrum.norm_eigenvalue(size, EPSILON) ** 2
    )
    square = population_alignment.kernel_square(np.zeros(size), np.eye(size), EPSILON)
    assert square == pytest.approx(total, rel=1e-12)


def test_power_in_the_task_is_that_of_its_two_parts():
    size, beta = 12, RNG.standard_normal(12)
    length = (beta**2).sum()
    # ⟨(xᵀAx)²⟩ = [(Tr A)² + 2|A|²]/D² for A = ½(ββᵀ − |β|²I/D) and for A = ½|β|²I/D
    quadratic = 2 * (length / 2) ** 2 * (1 - 1 / size) / size**2
    norm = (length / (2 * size)) ** 2 * (size**2 + 2 * size) / size**2
    power = spectrum.quadratic_eigenvalue(size, EPSILON) * quadratic
    power += spectrum.norm_eigenvalue(size, EPSILON) * norm
    derived = population_alignment.task_power(beta, np.eye(size), EPSILON)
    assert derived == pytest.approx(power, rel=1e-12)


def test_functions_take_torch_tensors_and_leading_dimensions():
    beta, mean, second = network(4)
    power = population_alignment.task_power(*map(torch.from_numpy, (beta, second)), EPSILON)
    square = population_alignment.kernel_square(*map(torch.from_numpy, (mean, second)), EPSILON)
    singly = [averages(*run, EPSILON) for run in zip(beta, mean, second, strict=True)]
    assert torch.stack([power, square], -1).numpy() == pytest.approx(np.array(singly), rel=1e-12)


def test_alignment_is_free_of_the_scale_of_the_labels_and_the_printed_one_is_not():
    power, square, targets = 0.2, 0.5, 3.0
    scaled = 4**2 * power, square, 4**2 * targets
    one, four = (population_alignment.alignment(*a) for a in ((power, square, targets), scaled))
    assert four == pytest.approx(one)
    one, four = (
        population_alignment.alignment_printed(*a) for a in ((power, square, targets), scaled)
    )
    assert four == pytest.approx(4 * one)


def test_floor_of_a_sample_falls_with_the_number_of_examples():
    floors = [population_alignment.floor_of_sample(40, examples) for examples in (50, 200, 1000)]
    assert floors == sorted(floors, reverse=True)
    assert population_alignment.floor_of_sample(40, 1) == pytest.approx(1.1 / 1.05**0.5)
