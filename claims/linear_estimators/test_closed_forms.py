"""The formulas of Levi et al. (2023), held against the averages that they stand for.

Nothing is trained. `LinearStudent` averages over the law of Marchenko and Pastur with a Gauss
rule, and one claim holds it against eigenvalues of random matrices. An example counts as right if
its squared error is below ε = 10⁻³, and times are those to an accuracy of 95%, as in the paper.
"""

import numpy as np
import xarray as xr

from grokspec.claims import claim
from grokspec.claims.controls import instead
from grokspec.statistics import agreement
from grokspec.theory import linear_students
from grokspec.theory.linear_students import LinearStudent

EPSILON = 1e-3
RATIOS = [0.1, 0.3, 0.5, 0.8, 0.9]
QUARTER = 0.25
"""Half of what a delay differs between neighboring λ here, at least."""


def over_ratios(formula, name, ratios=RATIOS):
    """A formula of λ at several of them."""
    values = [float(formula(ratio)) for ratio in ratios]
    return xr.DataArray(values, {"lambda": ratios}, attrs={"long_name": name})


def delay(ratio, epsilon=EPSILON, **student):
    """How many steps after the training examples the test examples are right."""
    return LinearStudent(ratio, **student).times(epsilon).delay


# Without decay


def bessel_of_order_zero(ratio, time):
    """As Eq. 9, with I₀ in the place of I₁."""
    from scipy.special import ive

    argument = 2 * ratio**0.5 * time
    return 2 * np.exp(argument - (1 + ratio) * time) * ive(0, argument) / argument


@claim(
    "V02",
    "Levi et al., Eq. 9",
    given=linear_students.train_loss,
    control=instead("a Bessel function of order 0", bessel_of_order_zero),
)
def test_closed_form_is_the_average_over_eigenvalues(given):
    """The training loss without decay is one Bessel function."""
    times = np.array([0.1, 1.0, 10.0, 100.0])

    def averages(ratio):
        return LinearStudent(ratio, rate=0.25).losses(times).train

    both = (
        xr.DataArray([f(ratio) for ratio in RATIOS], dims=("lambda", "time"), name=name)
        for f, name in ((averages, "averages"), (lambda ratio: given(ratio, times), "formula's"))
    )

    assert agreement(*both, rtol=1e-9)


@claim(
    "V04",
    "Levi et al., Eq. 12, as printed",
    given=linear_students.delay_printed,
    expected="refuted",
    positive_control=instead("the delay of the closed forms", delay),
)
def test_delay_is_the_printed_one(given):
    """At the paper's threshold, test accuracy follows by ln(1/(1 − √λ))/(2η₀(1 − √λ)²) steps."""
    measured = over_ratios(delay, "delay of the closed forms")

    assert agreement(measured, over_ratios(given, "formula's"), rtol=QUARTER)


@claim(
    "V04",
    "Levi et al., Eq. 12, as derived",
    given=linear_students.delay_printed,
    control=instead("the formula for decay", linear_students.delay_with_decay_printed),
)
def test_printed_delay_is_the_limit_of_small_thresholds(given):
    """The printed delay is that at a threshold far below any in use."""
    # The powers of time in the losses vanish slowly: at ε = 10⁻⁶ the formula is still a fifth off.
    ratios = RATIOS[:4]
    measured = over_ratios(lambda ratio: delay(ratio, 1e-200), "delay at ε = 1e-200", ratios)

    assert agreement(measured, over_ratios(given, "formula's", ratios), rtol=0.05)


@claim(
    "V05",
    "Levi et al., Eq. 12",
    given=delay,
    expected="refuted",
    positive_control=instead(
        "Eq. 12, which has no ε", lambda ratio, epsilon: linear_students.delay_printed(ratio)
    ),
)
def test_delay_does_not_depend_on_the_threshold(given):
    """The delay is the same at ε = 10⁻² and 10⁻⁴."""
    loose, strict = (
        over_ratios(lambda ratio, e=epsilon: given(ratio, e), f"delay at ε = {epsilon:g}")
        for epsilon in (1e-2, 1e-4)
    )

    assert agreement(loose, strict, rtol=0.1)


@claim(
    "V12",
    "Levi et al., §3.1.3, as printed",
    given=lambda ratio, alpha: delay(ratio, start=alpha),
    expected="refuted",
    positive_control=instead(
        "Eq. 12, which has no α", lambda ratio, alpha: linear_students.delay_printed(ratio)
    ),
    about="norm_sets_the_delay",
    says="no",
)
def test_scale_of_the_start_does_not_matter(given):
    """A student that starts half or four times as large as its teacher has the same delay."""
    small, large = (
        over_ratios(lambda ratio, a=alpha: given(ratio, a), f"delay at α = {alpha:g}")
        for alpha in (0.5, 4.0)
    )

    assert agreement(small, large, rtol=0.1)


@claim(
    "V12",
    "Levi et al., §3.1.3, as derived",
    given=lambda alpha: 2 / (1 + alpha**2),
    control=instead("no change of ε", lambda alpha: 1.0),
)
def test_a_scaled_start_is_another_threshold(given):
    """A student that starts α times as large is delayed as at the threshold 2ε/(1 + α²)."""
    scaled = over_ratios(lambda ratio: delay(ratio, start=4.0), "delay at α = 4")
    moved = over_ratios(lambda ratio: delay(ratio, EPSILON * given(4.0)), "at another ε")

    assert agreement(scaled, moved, rtol=1e-6)


# Several outputs


def accuracies(loss_per_output):
    """The accuracy at a loss, for one to a million outputs."""
    outputs = [1, 10**3, 10**6]
    values = [
        float(LinearStudent(1.0, outputs=k).accuracy(loss_per_output(k), EPSILON)) for k in outputs
    ]
    return xr.DataArray(values, {"outputs": outputs}, attrs={"long_name": "accuracy"}).sel(
        outputs=10**6
    )


def twice_the_threshold(outputs):
    """A loss of 2ε for each output."""
    return 2 * EPSILON


@claim(
    "V13",
    "Levi et al., §3.2",
    given=twice_the_threshold,
    expected="refuted",
    positive_control=instead("one error for all outputs together", lambda k: 2 * EPSILON / k),
)
def test_accuracy_tends_to_one_with_many_outputs(given):
    """With many outputs every example is right, whatever the loss."""
    assert agreement(accuracies(given), xr.DataArray(1.0, name="one"), atol=0.01)


@claim(
    "V13",
    "Levi et al., §3.2, as derived",
    given=twice_the_threshold,
    control=instead("half the threshold", lambda k: EPSILON / 2),
)
def test_accuracy_tends_to_none_above_the_threshold(given):
    """With many outputs no example is right as long as the loss per output is above ε."""
    assert agreement(accuracies(given), xr.DataArray(0.0, name="none"), atol=0.01)


# With decay


@claim(
    "V08",
    "Levi et al., Eq. 15",
    given=LinearStudent,
    control=instead("half the decay", lambda ratio, decay: LinearStudent(ratio, decay=decay / 2)),
)
def test_losses_with_decay_are_averages_over_modes(given):
    """With decay, the losses are those of independent modes, one for each eigenvalue."""
    inputs, decay, steps = 400, 0.2, np.array([30.0, 100.0, 1000.0])
    drawn = np.random.default_rng(100).standard_normal((2 * inputs, inputs))
    values = np.linalg.eigvalsh(drawn.T @ drawn / len(drawn))
    left = np.exp(-2 * 0.01 * (values + decay / 2) * steps[:, None])
    reached = values / (values + decay / 2)
    squares = (left**2 + (1 - (1 - left) * reached) ** 2) / 2
    of_matrix = np.stack([(squares * values).mean(-1), squares.mean(-1)])

    closed = np.stack(given(0.5, decay=decay).losses(steps))

    # Averages of 400 eigenvalues vary by less than 1%; half the decay moves the last by 3/4.
    assert agreement(
        xr.DataArray(of_matrix, dims=("set", "step"), name="losses of a random matrix"),
        xr.DataArray(closed, dims=("set", "step"), name="those of the formula"),
        rtol=0.03,
    )


def final(ratio, decay=1e-4):
    """The losses that training ends with."""
    return LinearStudent(ratio, decay=decay).final_losses()


def final_losses_agree(formula, ratios):
    """Judge a formula for the test loss that small decay leaves."""
    decay = 1e-4
    return agreement(
        over_ratios(lambda ratio: final(ratio, decay).test, "final test loss", ratios),
        over_ratios(lambda ratio: formula(ratio, decay).test, "formula's", ratios),
        rtol=0.1,
    )


@claim(
    "V09",
    "Levi et al., Eq. 16, as printed",
    given=linear_students.decayed_losses_printed,
    expected="refuted",
    positive_control=instead("half of it", linear_students.decayed_losses),
)
def test_final_loss_with_decay_is_the_printed_one(given):
    """Small decay leaves a test loss of γ²/(4(1 − λ)³)."""
    assert final_losses_agree(given, RATIOS)


@claim(
    "V09",
    "Levi et al., Eq. 16, as derived",
    given=linear_students.decayed_losses,
    control=instead("the printed formula", linear_students.decayed_losses_printed),
)
def test_final_loss_with_decay_is_half_the_printed_one(given):
    """Small decay leaves a test loss of γ²/(8(1 − λ)³)."""
    assert final_losses_agree(given, RATIOS)


@claim(
    "V10",
    "Levi et al., Eq. 16, as printed",
    given=linear_students.delay_with_decay_printed,
    expected="refuted",
    positive_control=instead("the delay of the closed forms", lambda r: delay(r, decay=1e-3)),
)
def test_delay_with_decay_is_the_printed_one(given):
    """With decay, test accuracy follows by ln(1 + √λ)/(2η₀(1 − √λ)²) steps."""
    measured = over_ratios(lambda ratio: delay(ratio, decay=1e-3), "delay at γ = 0.001")

    assert agreement(measured, over_ratios(given, "formula's"), rtol=QUARTER)


ABOVE_ONE = [1.5, 3.0, 10.0]


@claim(
    "V11",
    "Levi et al., §3.3",
    given=linear_students.decayed_losses_printed,
    expected="refuted",
    positive_control=instead("the limit of the closed forms", final),
)
def test_final_loss_above_one_is_the_printed_one(given):
    """With more inputs than examples, too, small decay leaves a test loss of γ²/(4(1 − λ)³)."""
    assert final_losses_agree(given, ABOVE_ONE)


def unseen_teacher(ratio):
    """½(1 − 1/λ), what the teacher has in directions without examples."""
    return (1 - 1 / ratio) / 2


@claim(
    "V11",
    "Levi et al., §3.3, as derived",
    given=unseen_teacher,
    control=instead("the loss without decay", lambda ratio: 1 - 1 / ratio),
)
def test_decay_above_one_leaves_what_was_never_seen(given):
    """With more inputs than examples, decay leaves all of the teacher that no example shows."""
    measured = over_ratios(lambda ratio: final(ratio).test, "final test loss", ABOVE_ONE)

    assert agreement(measured, over_ratios(given, "½(1 − 1/λ)", ABOVE_ONE), rtol=1e-3)
