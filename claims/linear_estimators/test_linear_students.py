"""Trained linear students of linear teachers (Levi et al., 2023), and what their delay is.

An example counts as right if its squared error is below ε = 10⁻³, and times are those to an
accuracy of 95%, as in the paper. With 100 inputs, λ = .9 has few slow modes, and times vary
threefold from seed to seed; so formulas for times are judged at λ = .1, .5 and .8.
"""

import xarray as xr

from grokspec.claims import Control, claim
from grokspec.claims.controls import (
    held,
    mirrored,
    permuted,
    reversed_in_time,
    swapped,
    train_read_as_test,
)
from grokspec.measures import (
    final_loss,
    lowest_loss_while_flat,
    measure,
    norm_growth,
    with_accuracy,
)
from grokspec.measures.crossing_times import reaching_time
from grokspec.statistics import estimate, ratio, trend
from grokspec.statistics.finding import all_of
from grokspec.theory.linear_students import CONVERGED, LinearStudent, delay_printed

EPSILON, RATE, INPUTS = 1e-3, 0.1, 100
BELOW_ONE = [1000, 200, 125, 111]
"""Numbers of examples with fewer inputs than that."""
FORMULAS_AT = [1000, 200, 125]


@measure("time to 95% test accuracy", unit="steps")
def test_time(results):
    """When 95% of the test examples are right; infinite if they never are."""
    right = with_accuracy(results, EPSILON)
    return reaching_time(right["test_accuracy"], right["step"], CONVERGED)


test_time.__test__ = False


@measure("delay of test accuracy", unit="steps")
def delay(results):
    """How long after 95% of the training examples 95% of the test examples are right."""
    right = with_accuracy(results, EPSILON)
    memorized = reaching_time(right["train_accuracy"], right["step"], CONVERGED)
    return test_time(results) - memorized


def closed_form(train):
    """The delay by the closed form, in steps of gradient descent."""
    student = LinearStudent(INPUTS / train, rate=RATE, in_steps=True)
    return student.times(EPSILON).delay


def printed(train):
    """The delay by Eq. 12."""
    return delay_printed(INPUTS / train, RATE)


def over_formula(results, formula):
    """Measured delays over those of a formula of the number of examples."""
    measured = delay(results).sel(train=FORMULAS_AT)
    said = xr.DataArray([formula(train) for train in FORMULAS_AT], {"train": FORMULAS_AT})
    name = (
        f"delay over that of the {'closed form' if formula is closed_form else 'printed formula'}"
    )
    return (measured / said).assign_attrs(long_name=name, units="")


def slowed(results):
    """The same histories, with steps as many times longer as the printed delay is."""
    points = results["train"].to_numpy()
    factors = [printed(n) / closed_form(n) if n > INPUTS else 1.0 for n in points]
    factor = xr.DataArray(factors, dims=results["train"].dims)
    return results.assign_coords(step=results["step"] * factor)


SLOWED = Control("time stretched to the printed delays", slowed)

NEAR = 2 / 3, 3 / 2
"""With 100 inputs the median of seeds lay within 17% of the closed form, on seeds 0 to 4, and the
printed delay was 1.5 to 2.3 times as long."""


@claim(
    "V03",
    "Levi et al., §3.1.3, Fig. 1",
    spec="inputs",
    control=(permuted("train"), train_read_as_test()),
    headline="Linear students grok in accuracy",
    about="kernels_grok",
    says="yes",
)
def test_delay_grows_as_inputs_approach_examples(results):
    """A linear model groks: later the nearer λ is to one from below, and never above it."""
    below = delay(results).sel(train=BELOW_ONE)

    assert all_of(
        estimate(below).above(0),
        trend(below, along="train").decreases,
        estimate(test_time(results).sel(train=67)).never,
    )


@claim(
    "V03",
    "our own, on Levi et al., Fig. 1",
    spec="inputs",
    control=swapped("train", 111, 67),
    about="needs_weight_decay",
    says="no",
)
def test_generalization_needs_no_decay(results):
    """With more examples than inputs it learns the teacher without any weight decay, if late."""
    loss = final_loss(results).sel(train=BELOW_ONE)
    late = ratio(test_time(results).sel(train=111), test_time(results).sel(train=1000))

    assert all_of(estimate(loss).below(0.01), late.above(2))


@claim(
    "V04",
    "Levi et al., Eq. 12, on trained students",
    spec="inputs",
    expected="refuted",
    positive_control=SLOWED,
)
def test_trained_students_are_delayed_as_printed(results):
    """Trained students are delayed as Eq. 12 says."""
    assert estimate(over_formula(results, printed)).within(*NEAR)


@claim(
    "V04",
    "Levi et al., Eq. 8 and 10, on trained students",
    spec="inputs",
    control=SLOWED,
    about="needs_adaptive_optimizer",
    says="no",
)
def test_trained_students_are_delayed_as_the_closed_form(results):
    """Under plain gradient descent students are delayed as the losses in closed form say."""
    assert estimate(over_formula(results, closed_form)).within(*NEAR)


@claim(
    "V07",
    "Levi et al., §3.1.4",
    spec="inputs",
    control=reversed_in_time(),
    about="hidden_progress",
    says="yes",
)
def test_test_loss_falls_long_before_accuracy_rises(results):
    """While at most a fifth of the test examples are right, the test loss has lost nine tenths."""
    # On seeds 0 to 4, 97 to 99% were lost.
    right = with_accuracy(results.sel(train=BELOW_ONE), EPSILON)

    assert estimate(lowest_loss_while_flat(right, 0.2)).below(0.1)


@claim(
    "V10",
    "Levi et al., §3.3",
    spec="decay",
    expected="refuted",
    positive_control=mirrored("weight_decay"),
)
def test_decay_shortens_the_delay(results):
    """Weight decay shortens the delay."""
    assert trend(delay(results), along="weight_decay").decreases


@claim(
    "V10",
    "our own, on Levi et al., §3.3",
    spec="decay",
    control=(permuted("weight_decay"), mirrored("weight_decay")),
    about="delay_goes_as_one_over_decay",
    says="no",
)
def test_decay_lengthens_the_delay(results):
    """Every bit of weight decay lengthens the delay, until the student never generalizes."""
    never = test_time(results).sel(weight_decay=0.03)

    assert all_of(
        trend(delay(results), along="weight_decay").increases,
        estimate(never).never,
    )


SIGMAS = 0.35355339, 0.70710678, 2.82842712
"""Half, once and four times the teacher's."""


@claim(
    "V12",
    "Levi et al., §3.1.3, on trained students",
    spec="start",
    # In closed form the ratio is 1.41, so it is refuted there; among 20 students of 100 inputs the
    # products of S and T that average out vary as much, and some 300 more would have to decide.
    expected="inconclusive",
    control=permuted("sigma"),
    about="norm_sets_the_delay",
    says="no",
)
def test_scale_of_the_start_changes_nothing(results):
    """Rescaling the initial student leaves the delay unchanged."""
    small, _, large = (delay(results).sel(sigma=sigma) for sigma in SIGMAS)

    assert ratio(large, small).within(0.9, 1.1)


@claim(
    "V14",
    "our own, on Levi et al.",
    spec="start",
    control=held("sigma", at=SIGMAS[2]),
    about="norm_falls",
    says="no",
)
def test_norm_does_not_fall(results):
    """A student that starts with the teacher's norm groks and ends with the norm it began with."""
    # |S|² and |T|² of one seed differ by some 20%, their median does not.
    usual = results.sel(sigma=SIGMAS[1])

    assert all_of(
        estimate(norm_growth(usual)).within(0.8, 1.25),
        estimate(delay(usual)).above(0),
    )
