import numpy as np
import pytest

from grokspec.theory.ridge import Ridge

SETTING = Ridge(examples=20, features=200, decay=2e-3, teacher=0.2)
EPSILON = 0.01


def times_of_gradient_descent(ridge):
    """When plain steps on the paper's own loss reach ε, for one draw."""
    generator = np.random.default_rng(0)
    features = generator.standard_normal((ridge.examples, ridge.features)) / ridge.features**0.5
    teacher = generator.standard_normal(ridge.features)
    teacher *= (ridge.teacher / (teacher**2).sum()) ** 0.5
    weights = generator.standard_normal(ridge.features) * ridge.variance**0.5
    times = {}
    for step in range(2_000):
        error = weights - teacher
        train, test = ((features @ error) ** 2).mean(), (error**2).sum() / ridge.features
        if train <= EPSILON:
            times.setdefault("train", step)
        if test <= EPSILON:
            return times["train"], step
        slope = features.T @ (features @ error) / ridge.examples + ridge.decay * weights
        weights = weights - ridge.rate * slope
    raise AssertionError("it never generalizes")


def test_times_are_those_of_gradient_descent_and_within_the_bounds():
    fitted, generalized = times_of_gradient_descent(SETTING)
    times = SETTING.times(EPSILON)
    assert times.train == pytest.approx(fitted, rel=0.2)
    assert times.test == pytest.approx(generalized, rel=0.1)
    assert fitted < SETTING.fitting_bound(EPSILON)
    assert generalized > SETTING.generalization_bound(EPSILON)


def test_generalizing_takes_as_long_as_forgetting():
    assert SETTING.forgetting_time(EPSILON) == pytest.approx(SETTING.times(EPSILON).test, rel=1e-3)


def test_a_threshold_below_what_is_never_seen_is_never_reached():
    assert SETTING.unseen * SETTING.zero_loss == pytest.approx(9e-4)
    assert SETTING.forgetting_time(8.9e-4) == np.inf
    assert SETTING.times(8.9e-4).test == np.inf


def test_bounds_are_those_of_the_paper_at_its_setting():
    paper = Ridge(examples=100, features=1_000, decay=1e-4)
    assert paper.zero_loss == pytest.approx(1e-3)
    assert paper.generalization_bound(0.01) == pytest.approx(np.log(11.25) / 2.02e-4)
    smallest = (1 - 0.1**0.5) ** 2
    assert paper.fitting_bound(0.01) == pytest.approx(100 * np.log(1.4e6) / (2 * smallest))
