import numpy as np
import pytest

from grokspec.theory import linear_students
from grokspec.theory.linear_students import LinearStudent
from grokspec.theory.marchenko_pastur import edges, spectrum

RATIOS = [0.1, 0.5, 0.9, 1.5]


@pytest.mark.parametrize("ratio", [*RATIOS, 1.0])
def test_shares_are_those_of_a_covariance_with_mean_one(ratio):
    values, shares = spectrum(ratio)
    assert shares.min() >= 0
    assert shares.sum() == pytest.approx(1, rel=1e-3)  # at λ = 1 small eigenvalues are many
    assert shares @ values == pytest.approx(1, rel=1e-12)
    assert shares @ values**2 == pytest.approx(1 + ratio, rel=1e-12)


@pytest.mark.parametrize("ratio", RATIOS)
def test_averages_are_those_of_random_matrices(ratio):
    inputs = 200
    drawn = np.random.default_rng(0).standard_normal((round(inputs / ratio), inputs))
    sampled = np.linalg.eigvalsh(drawn.T @ drawn / len(drawn))
    values, shares = spectrum(ratio)
    for rate in (0.3, 3.0):
        expected = np.exp(-rate * sampled).mean()
        assert shares @ np.exp(-rate * values) == pytest.approx(expected, abs=0.01)
    low, high = edges(ratio)
    assert sampled[sampled > 1e-9].min() == pytest.approx(low, abs=0.03)
    assert sampled.max() == pytest.approx(high, rel=0.06)


@pytest.mark.parametrize(("ratio", "power"), [(0.5, 1), (0.5, 2), (0.9, 1), (0.9, 2)])
def test_inverse_moments_are_powers_of_one_minus_the_ratio(ratio, power):
    values, shares = spectrum(ratio)
    exact = (1 - ratio) ** -(2 * power - 1)
    assert shares @ values**-power == pytest.approx(exact, rel=1e-9)


def test_a_ratio_is_positive():
    with pytest.raises(ValueError, match="ratio = 0: inputs over examples is a positive number"):
        spectrum(0)


@pytest.mark.parametrize("ratio", RATIOS)
def test_train_loss_is_the_bessel_form(ratio):
    times = np.array([0.01, 1.0, 30.0, 300.0])
    averaged = LinearStudent(ratio, rate=0.25).losses(times).train
    assert linear_students.train_loss(ratio, times) == pytest.approx(averaged, rel=1e-9)


def test_at_ratio_one_the_test_loss_is_two_bessel_functions():
    from scipy.special import ive

    times = np.array([0.5, 5.0, 500.0])
    exact = ive(0, 2 * times) + ive(1, 2 * times)
    assert LinearStudent(1.0, rate=0.25).losses(times).test == pytest.approx(exact, abs=5e-4)


def descend(student, inputs, steps):
    """The mean losses of students of several teachers that share their examples, by plain steps."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((round(inputs / student.ratio), inputs))
    runs = 100
    teacher, weights = generator.standard_normal((2, inputs, student.outputs * runs)) / (
        (2 * inputs * student.outputs) ** 0.5
    )
    weights *= student.start
    for _ in range(steps):
        slope = 2 * x.T @ (x @ (weights - teacher)) / len(x) + student.decay * weights
        weights = weights - student.rate / student.outputs * slope
    error = weights - teacher
    each = student.outputs * runs
    return ((x @ error) ** 2).sum() / len(x) / each, (error**2).sum() / each


@pytest.mark.parametrize(
    "student",
    [
        LinearStudent(0.5, rate=0.1, in_steps=True),
        LinearStudent(0.5, rate=0.1, decay=0.1, start=3.0, in_steps=True),
        LinearStudent(1.5, rate=0.1, decay=0.05, outputs=4, in_steps=True),
    ],
)
def test_losses_are_those_of_gradient_descent(student):
    losses = student.losses(20)
    assert (float(losses.train), float(losses.test)) == pytest.approx(
        descend(student, 100, 20), rel=0.05
    )


@pytest.mark.parametrize("student", [LinearStudent(1.5), LinearStudent(0.5, decay=0.1, outputs=3)])
def test_final_losses_are_those_after_many_steps(student):
    late = student.losses(1e6)
    assert np.stack(student.final_losses()) == pytest.approx(np.stack(late), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("outputs", [1, 3])
def test_accuracy_is_the_share_of_small_gaussian_errors(outputs):
    errors = np.random.default_rng(0).standard_normal((100_000, outputs)) * 0.3**0.5
    student = LinearStudent(0.5, outputs=outputs)
    share = ((errors**2).mean(-1) < 0.2).mean()
    assert student.accuracy(0.3, 0.2) == pytest.approx(share, abs=0.005)
    level = student.loss_at(0.95, 0.2)
    assert student.accuracy(level, 0.2) == pytest.approx(0.95)


def test_a_loss_of_a_quarter_of_the_threshold_is_95_percent():
    assert LinearStudent(0.5).loss_at(0.95, 3.841459) == pytest.approx(1, rel=1e-6)


def test_times_are_where_the_losses_are_at_the_level():
    student = LinearStudent(0.8)
    times = student.times(1e-3)
    level = student.loss_at(0.95, 1e-3)
    assert student.losses(times.train).train == pytest.approx(level)
    assert student.losses(times.test).test == pytest.approx(level)
    assert times.delay == pytest.approx(times.test - times.train)


def test_what_is_never_reached_is_infinite_and_what_is_there_takes_no_time():
    assert LinearStudent(1.5).times(1e-3).test == np.inf
    assert LinearStudent(0.5).times(100.0) == (0, 0)


def test_late_losses_are_a_constant_ratio_apart():
    times = np.array([2e4, 4e4])
    exact = LinearStudent(0.5, rate=0.25).losses(times / 100)
    limit = linear_students.late_losses(0.5, times / 100)
    assert exact.train == pytest.approx(limit.train, rel=0.15)
    assert exact.test == pytest.approx(limit.test, rel=0.15)


def test_delays_of_the_paper_are_those_of_its_formulas():
    assert linear_students.delay_printed(0.25, 0.01) == pytest.approx(np.log(2) / 0.005)
    assert linear_students.delay_with_decay_printed(0.25, 0.01) == pytest.approx(
        np.log(1.5) / 0.005
    )


def test_small_decay_leaves_half_of_what_is_printed():
    exact = LinearStudent(0.5, decay=1e-5).final_losses()
    printed = linear_students.decayed_losses_printed(0.5, 1e-5)
    derived = linear_students.decayed_losses(0.5, 1e-5)
    for split in range(2):
        assert derived[split] == pytest.approx(exact[split], rel=1e-3)
        assert printed[split] == pytest.approx(2 * exact[split], rel=1e-3)
