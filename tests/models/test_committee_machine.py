import numpy as np
import pytest
import torch
from experiments import experiment
from pydantic import ValidationError

from grokspec import theory
from grokspec.models.base import Model
from grokspec.models.committee import Committee
from grokspec.tasks.polynomial import Polynomial


def stack(runs=3, width=8, size=5, examples=7):
    torch.manual_seed(0)
    weights = {"hidden": torch.randn(runs, width, size, dtype=torch.float64)}
    inputs = torch.randn(runs, examples, size, dtype=torch.float64)
    scalars = {"epsilon": torch.rand(runs, dtype=torch.float64)}
    return Committee(width=width, epsilon=0.1), weights, inputs, scalars


def test_own_gradient_is_the_automatic_one():
    model, weights, inputs, scalars = stack()
    cotangent = torch.randn(3, 7, 1, dtype=torch.float64)
    value, pullback = model.on(inputs, scalars)(weights)
    expected, expected_pullback = Model.on(model, inputs, scalars)(weights)
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(pullback(cotangent), expected_pullback(cotangent))


def test_output_is_the_quadratic_form_of_the_moments():
    model, weights, inputs, scalars = stack()
    mean, second = model.moments(weights)
    form = torch.einsum("rpi,ri->rp", inputs, mean) + 0.5 * scalars["epsilon"][:, None] * (
        torch.einsum("rpi,rij,rpj->rp", inputs, second, inputs)
    )
    torch.testing.assert_close(model.on(inputs, scalars)(weights)[0][..., 0], form)


def test_infinite_width_has_the_mean_of_the_finite_moments():
    exact = Committee(width="infinite", epsilon=0.1).draw_moments(4, seed=0)
    wide = Committee(width=200_000, epsilon=0.1).draw_moments(4, seed=0)
    for infinite, finite in zip(exact, wide, strict=True):
        assert finite == pytest.approx(infinite, abs=0.02)


@pytest.mark.parametrize("directions", [1, 3])
def test_the_solution_has_no_population_loss(directions):
    data = Polynomial(inputs=5, train=3, directions=directions).draw(0)
    model = Committee(width=12, alpha=2.0, epsilon=0.3)
    weights = model.solution(data)
    mean, second = weights.mean(0), weights.T @ weights / 12
    loss = theory.decomposition(data.teacher["form"], 2.0 * mean, 2.0 * 0.3 * second).total
    assert loss < 1e-20 * data.baseline


def test_aligned_weights_are_the_draw_and_a_part_of_the_solution():
    data = Polynomial(inputs=5, train=3).draw(0)
    plain = Committee(width=8, sigma=0.5, epsilon=0.3)
    aligned = plain.model_copy(update={"aligned": 0.2})
    added = aligned.initial_weights(data, 0)["hidden"] - plain.initial_weights(data, 0)["hidden"]
    assert added == pytest.approx(0.2 * plain.solution(data))


def test_infinite_width_has_the_mean_of_the_aligned_moments_too():
    data = Polynomial(inputs=4, train=3).draw(0)
    described = {"epsilon": 0.5, "aligned": 0.4, "sigma": 0.7}
    exact = Committee(width="infinite", **described).initial_moments(data, 0)
    wide = Committee(width=200_000, **described).initial_moments(data, 0)
    for infinite, finite in zip(exact, wide, strict=True):
        assert np.abs(finite - infinite).max() < 0.02


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model__centered": True}, "a centered model subtracts"),
        ({"model__epsilon": 0.0}, "epsilon above zero"),
        ({"task__eigenvector": 2, "record__probes": ["loss"]}, "sum of squares"),
    ],
)
def test_alignment_is_refused_where_there_is_no_solution_to_align_with(changes, reason):
    with pytest.raises(ValidationError, match=reason):
        experiment(model__aligned=0.1, **changes)
