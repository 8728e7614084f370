import numpy as np
import pytest
import torch

from grokspec import theory
from grokspec.theory import spectrum

RNG = np.random.default_rng(0)
SIZES = [2, 5, 40]
EPSILON = 0.3


def inputs(examples=6, size=5):
    return RNG.standard_normal((examples, size)) / size**0.5


def test_initial_kernel_is_eq_5_with_the_moments_of_an_infinite_width():
    x, z = inputs(6), inputs(4)
    moments = np.zeros(5), np.eye(5)
    printed = theory.ntk_printed(x, z, *moments, EPSILON)
    assert spectrum.initial_kernel_printed(x, z, EPSILON) == pytest.approx(printed, rel=1e-12)
    derived = theory.ntk(x, z, *moments, EPSILON, 3.0, 50)
    assert spectrum.initial_kernel(x, z, EPSILON, 3.0, 50) == pytest.approx(derived, rel=1e-12)


def test_readout_kernel_is_the_printed_one_times_alpha_squared_over_width():
    x, z = inputs(6), inputs(4)
    printed = spectrum.readout_kernel_printed(x, z, EPSILON)
    derived = spectrum.readout_kernel(x, z, EPSILON, 3.0, 50)
    assert derived == pytest.approx(9 / 50 * printed, rel=1e-14)


def test_kernels_take_torch_tensors_and_leading_dimensions():
    x, z = RNG.standard_normal((3, 6, 5)), RNG.standard_normal((3, 4, 5))
    for kernel in (spectrum.initial_kernel_printed, spectrum.readout_kernel_printed):
        stacked = kernel(torch.from_numpy(x), torch.from_numpy(z), EPSILON)
        singly = np.stack([kernel(*run, EPSILON) for run in zip(x, z, strict=True)])
        assert stacked.numpy() == pytest.approx(singly, rel=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_eigenvalues_add_up_to_the_mean_of_the_diagonal(size):
    quartic = 1 + 2 / size  # ⟨|x|⁴⟩
    count = spectrum.quadratic_multiplicity(size)
    total = (
        size * spectrum.linear_eigenvalue(size)
        + count * spectrum.quadratic_eigenvalue(size, EPSILON)
        + spectrum.norm_eigenvalue(size, EPSILON)
    )
    assert total == pytest.approx(1 + EPSILON**2 * quartic, rel=1e-12)


@pytest.mark.parametrize("size", SIZES)
def test_eigenvalues_with_readouts_add_up_to_the_mean_of_the_diagonal(size):
    quartic = 1 + 2 / size
    count = spectrum.quadratic_multiplicity(size)
    total = (
        size * spectrum.readout_linear_eigenvalue(size)
        + count * spectrum.readout_quadratic_eigenvalue(size, EPSILON)
        + spectrum.readout_norm_eigenvalue(size, EPSILON)
    )
    assert total == pytest.approx(2 + (3 / 2 + 1 / 4) * EPSILON**2 * quartic, rel=1e-12)


def test_printed_eigenvalues_differ_by_powers_of_epsilon():
    quadratic = spectrum.quadratic_eigenvalue(7, EPSILON)
    assert quadratic == pytest.approx(EPSILON * spectrum.quadratic_eigenvalue_printed(7, EPSILON))
    norm = spectrum.norm_eigenvalue(7, EPSILON)
    assert norm == pytest.approx(EPSILON**2 * spectrum.norm_eigenvalue_printed(7))


@pytest.mark.parametrize("size", SIZES)
def test_eigenfunctions_are_counted(size):
    assert spectrum.quadratic_multiplicity_printed(size) == size * (size + 1) // 2
    assert spectrum.quadratic_multiplicity(size) == size * (size + 1) // 2 - 1
    # linear functions, the quadratic ones, and |x|²
    parts = size + spectrum.quadratic_multiplicity(size) + 1
    assert spectrum.interpolation_threshold(size) == parts


def test_diagonal_eigenfunctions_add_up_to_nothing():
    functions = spectrum.diagonal_eigenfunctions(inputs())
    assert functions.shape == (6, 5)
    assert functions.sum(-1) == pytest.approx(np.zeros(6), abs=1e-15)


def test_mixed_eigenfunctions_are_the_products_of_every_two_inputs():
    (functions,) = spectrum.mixed_eigenfunctions(np.array([[2.0, 3.0, 5.0]]))
    assert functions.tolist() == [6, 10, 15]


def test_images_of_squares_add_up_to_the_image_of_the_norm():
    z = inputs()
    total = spectrum.image_of_squares(z, EPSILON).sum(-1)
    norm = spectrum.norm_eigenvalue(5, EPSILON) * (z**2).sum(-1)
    assert total == pytest.approx(norm, rel=1e-12)


@pytest.mark.parametrize("split", [spectrum.target_parts, spectrum.target_parts_printed])
def test_parts_of_the_target_add_up_to_it(split):
    x, beta = inputs(), RNG.standard_normal((3, 5))
    target = 0.5 * (beta @ x.T) ** 2
    assert sum(split(x, beta)) == pytest.approx(target, rel=1e-12)


def test_printed_and_derived_parts_are_the_same_for_a_unit_direction_alone():
    x, beta = inputs(), RNG.standard_normal(5)
    unit = beta / np.linalg.norm(beta)
    for part in (0, 1):
        printed, derived = (
            split(x, unit)[part] for split in (spectrum.target_parts_printed, spectrum.target_parts)
        )
        assert printed == pytest.approx(derived, rel=1e-12)
    assert spectrum.target_parts(x, beta).norm != pytest.approx(
        spectrum.target_parts_printed(x, beta).norm
    )


def test_quadratic_part_of_the_target_has_no_mean():
    size = 4
    x = np.concatenate([np.eye(size), -np.eye(size)])  # ⟨x xᵀ⟩ is a multiple of I
    part = spectrum.target_parts(x, RNG.standard_normal(size)).quadratic
    assert part.mean() == pytest.approx(0, abs=1e-15)
