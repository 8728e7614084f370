"""The equations at the ends of their ranges: scales, ε = 0, α → 0, D = 1, one example."""

import warnings

import numpy as np
import pytest
import torch

from grokspec import theory
from grokspec.theory import population_alignment, quadrature, spectrum

RNG = np.random.default_rng(0)
FEATURES = RNG.standard_normal((3, 8, 5))
KERNELS = FEATURES @ FEATURES.swapaxes(-1, -2)  # of three runs
TARGETS = RNG.standard_normal((3, 8))
ALIGNMENTS = [theory.alignment, theory.centered_alignment]


@pytest.mark.parametrize("alignment", ALIGNMENTS)
@pytest.mark.parametrize("power", [-1000, -500, 60, 500, 1000])
def test_an_alignment_does_not_depend_on_the_scale_of_the_kernel(alignment, power):
    scaled = KERNELS * 2.0**power
    assert np.array_equal(alignment(scaled, TARGETS), alignment(KERNELS, TARGETS))
    tensors = torch.from_numpy(scaled), torch.from_numpy(TARGETS)
    expected = alignment(torch.from_numpy(KERNELS), tensors[1])
    assert torch.equal(alignment(*tensors), expected)


@pytest.mark.parametrize("alignment", ALIGNMENTS)
@pytest.mark.parametrize("power", [-120, 0, 110])
def test_an_alignment_in_single_precision_is_that_in_double(alignment, power):
    single = torch.from_numpy(KERNELS * 2.0**power).float(), torch.from_numpy(TARGETS).float()
    np.testing.assert_allclose(alignment(*single), alignment(KERNELS, TARGETS), rtol=1e-4)


def test_an_alignment_of_ordinary_numbers_is_that_of_its_formula_to_the_last_bit():
    projected = (TARGETS * (KERNELS @ TARGETS[..., None])[..., 0]).sum(-1)
    norm = (KERNELS**2).sum(-1).sum(-1) ** 0.5
    expected = projected / (norm * (TARGETS**2).sum(-1))
    assert np.array_equal(theory.alignment(KERNELS, TARGETS), expected)


@pytest.mark.parametrize("alignment", ALIGNMENTS)
def test_an_alignment_of_or_with_nothing_is_unknown_and_warns_of_nothing(alignment):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(alignment(KERNELS * 0, TARGETS)).all()
        assert np.isnan(alignment(KERNELS, TARGETS * 0)).all()
    one = np.ones((1, 1)), np.ones(1)
    assert theory.alignment(*one) == 1
    assert np.isnan(theory.centered_alignment(*one))  # nothing is left without the mean


@pytest.mark.parametrize("size", [1, 2, 100_000])
def test_eigenvalues_are_finite_in_one_dimension_and_many_and_vanish_with_epsilon(size):
    assert spectrum.linear_eigenvalue(size) > 0
    for of in (
        spectrum.quadratic_eigenvalue,
        spectrum.norm_eigenvalue,
        spectrum.readout_quadratic_eigenvalue,
        spectrum.readout_norm_eigenvalue,
    ):
        assert of(size, 0.0) == 0
        assert of(size, 1e-3) / 1e-6 == pytest.approx(of(size, 1.0), rel=1e-12)


def test_in_one_dimension_the_square_is_the_one_quadratic_eigenfunction():
    assert spectrum.quadratic_multiplicity(1) == 0
    assert spectrum.mixed_eigenfunctions(np.ones((4, 1))).shape == (4, 0)
    assert (spectrum.diagonal_eigenfunctions(np.ones((4, 1))) == 0).all()
    x, share = quadrature.gaussian_rule(1)
    image = share @ (spectrum.initial_kernel_printed(x, x, 0.5) * x**2)
    assert image == pytest.approx(spectrum.norm_eigenvalue(1, 0.5) * x[:, 0] ** 2, abs=1e-12)


def test_without_epsilon_the_kernel_is_that_of_the_linear_network():
    x, moments = RNG.standard_normal((4, 5)), (np.ones(5), np.eye(5))
    assert np.array_equal(theory.ntk_printed(x, x, *moments, 0.0), x @ x.T)
    assert (theory.ntk(x, x, *moments, 0.0, 0.0, 1) == 0).all()
    assert population_alignment.kernel_square(*moments, 0.0) == pytest.approx(1 / 5)
    assert population_alignment.task_power(np.ones(5), np.eye(5), 0.0) == 0


def test_the_alignment_in_no_examples_is_an_error():
    assert np.isfinite(population_alignment.floor_of_sample(1, 1))
    with pytest.raises(ValueError, match=r"examples = 0: .* takes at least one"):
        population_alignment.floor_of_sample(5, 0)


def test_a_quadrature_has_weights_that_are_numbers_or_is_refused():
    points, shares = quadrature.gaussian_rule(1, quadrature.MOST_NODES)
    assert shares @ points[:, 0] ** 4 == pytest.approx(3)
    with pytest.raises(ValueError, match="nodes = 361: there are weights for at most 360"):
        quadrature.gaussian_rule(1, 361)
