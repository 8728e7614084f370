import numpy as np
import pytest
import torch

from grokspec import theory

RNG = np.random.default_rng(0)
D = 5


def symmetric(*shape):
    matrix = RNG.standard_normal((*shape, D, D))
    return matrix + matrix.swapaxes(-1, -2)


def test_decomposition_is_the_sampled_loss():
    beta, linear, quadratic = RNG.standard_normal((2, D)), RNG.standard_normal(D), symmetric()
    target = theory.target_form(beta)
    x = RNG.standard_normal((2_000_000, D)) / D**0.5
    error = 0.5 * ((x @ beta.T) ** 2).sum(-1) - theory.quadratic_form(x, linear, quadratic)
    sampled, spread = (error**2).mean(), (error**2).std() / len(x) ** 0.5
    exact = theory.decomposition(target, linear, quadratic).total
    assert abs(sampled - exact) < 4 * spread
    assert spread < 0.01 * exact


def test_decomposition_is_zero_at_the_solution_alone():
    target = symmetric()
    assert theory.decomposition(target, np.zeros(D), target).total == 0
    assert theory.decomposition(target, np.zeros(D), 1.01 * target).total > 0
    assert theory.decomposition(target, np.full(D, 0.01), target).total > 0


def test_decomposition_at_the_zero_predictor_is_the_baseline():
    target = symmetric(3)
    terms = theory.decomposition(target, np.zeros((3, D)), np.zeros((3, D, D)))
    assert terms.total == pytest.approx(theory.baseline(target), rel=1e-12)


def test_baseline_of_one_direction_is_that_of_a_fourth_moment():
    beta = RNG.standard_normal((1, D))
    fourth = 3 * (beta**2).sum() ** 2 / D**2  # ⟨(β·x)⁴⟩ of a Gaussian with variance |β|²/D
    assert theory.baseline(theory.target_form(beta)) == pytest.approx(fourth / 4, rel=1e-12)


def test_decomposition_takes_torch_tensors_and_leading_dimensions():
    forms = symmetric(4), RNG.standard_normal((4, D)), symmetric(4)
    ours = theory.decomposition(*map(torch.from_numpy, forms))
    singly = [theory.decomposition(*run).total for run in zip(*forms, strict=True)]
    assert ours.total.numpy() == pytest.approx(singly, rel=1e-12)


def network_and_kernel(alpha, epsilon, width=7, examples=9):
    """A committee machine's kernel by autograd (Eq. 2), and the arguments of Eq. 5 for it."""
    weights = torch.from_numpy(RNG.standard_normal((width, D)))
    x = RNG.standard_normal((examples, D)) / D**0.5

    def outputs(weights):
        hidden = torch.from_numpy(x) @ weights.T
        return alpha * (hidden + 0.5 * epsilon * hidden**2).mean(-1)

    jacobian = torch.func.jacrev(outputs)(weights).reshape(examples, -1)
    moments = weights.mean(0).numpy(), (weights.T @ weights / width).numpy()
    return x, (jacobian @ jacobian.T).numpy(), moments, width


@pytest.mark.parametrize(("alpha", "epsilon"), [(1.0, 0.25), (3.0, 0.0), (0.2, 2.0)])
def test_ntk_is_the_kernel_of_eq_2_by_autograd(alpha, epsilon):
    x, kernel, moments, width = network_and_kernel(alpha, epsilon)
    assert theory.ntk(x, x, *moments, epsilon, alpha, width) == pytest.approx(kernel, rel=1e-10)


def test_kernel_predictor_is_the_sum_of_kernels():
    x, _, (mean, second), _ = network_and_kernel(1.0, 0.7)
    coefficients = RNG.standard_normal(len(x))
    at = RNG.standard_normal((11, D))
    linear, quadratic = theory.kernel_predictor(x, coefficients, mean, second, 0.7)
    summed = theory.ntk_printed(at, x, mean, second, 0.7) @ coefficients
    assert theory.quadratic_form(at, linear, quadratic) == pytest.approx(summed, rel=1e-10)


def test_alignment_is_one_for_the_labels_own_kernel_and_free_of_scale():
    y = RNG.standard_normal(8)
    kernel = np.outer(y, y)
    assert theory.alignment(kernel, y) == pytest.approx(1)
    assert theory.alignment(5 * kernel, 3 * y) == pytest.approx(1)
    other = symmetric()
    y = RNG.standard_normal(D)
    assert theory.alignment(2 * other, -y) == pytest.approx(theory.alignment(other, y))


def test_centered_alignment_is_that_of_centered_features_and_targets():
    features, y = RNG.standard_normal((8, 3)) + 2, RNG.standard_normal(8) + 1
    centered = features - features.mean(0)
    expected = theory.alignment(centered @ centered.T, y - y.mean())
    assert theory.centered_alignment(features @ features.T, y) == pytest.approx(expected)
