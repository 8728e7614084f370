"""Student and teacher, and their accuracy at a threshold (Fig. 8, 13b, 17, 18; §16).

An example counts as correct if its mean squared error is at most θ, as in the code of Liu et al.
(2022), or, where a claim says so, if |f − y| is, as in the text of §16.2. Losses are in units of
the loss of the zero predictor. The claims are judged on seeds 100 to 109. Every threshold other
than 0, 1 and one half was set on seeds 0 to 4, for the reason given beside it.
"""

import numpy as np
import xarray as xr

from grokspec.claims.claim import claim
from grokspec.claims.controls import (
    Control,
    permuted,
    reversed_in_time,
    swapped,
    train_read_as_test,
)
from grokspec.measures import (
    accuracy_caught_up,
    accuracy_gap,
    bump,
    departure_at_end,
    departure_until,
    final_test_accuracy,
    largest_loss_gap,
    largest_loss_ratio,
    log_accuracy_delay,
    loss_when_half_learned,
    with_accuracy,
)
from grokspec.statistics import difference, estimate, ratio, trend
from grokspec.statistics.finding import all_of

SMALLEST, USUAL, LAZIEST = 0.05, 1.0, 4.0
"""Values of α. α = 1 is the cited work, in which doubled initial weights cause the lag."""

CHANCE = 0.2
"""A gap between two accuracies that may be due to sampling: three standard errors of the difference
of two shares of 100 examples each."""

WIDE = 0.5
"""A gap that nobody would overlook: half of the examples."""

THRESHOLDS = (0.001, 0.01, 0.1)
LARGEST_ERRORS = (0.03, 0.1, 0.3)
"""Values of θ for squared errors, and about their square roots for the largest |f − y|."""

TRACKING = 0.05
"""Two curves on a linear axis that differ by this share of the initial loss look the same."""

TENFOLD = 10
"""A ratio of two losses that nobody would overlook on a logarithmic axis."""


def shows_grokking(results):
    """Judge "accuracies differ by half of the examples, and half of them are caught up later"."""
    return all_of(
        estimate(accuracy_gap(results)).above(WIDE),
        estimate(accuracy_caught_up(results)).above(WIDE),
    )


def shows_none(results):
    """Judge "accuracies never differ by more than sampling"."""
    return estimate(accuracy_gap(results)).below(CHANCE)


def losses_track_each_other(results):
    """Judge "the test loss halves when the train loss does, never rises, and stays close to it"."""
    return all_of(
        estimate(loss_when_half_learned(results)).within(0.45, 0.55),  # a half, within 10%
        estimate(bump(results)).within(1, 1.001),  # to the width of a line
        estimate(largest_loss_gap(results)).below(TRACKING),
    )


# Laziness


@claim("S01", "§8.3.1, Fig. 8", spec="student_teacher/alpha", control=permuted("alpha"))
def test_gap_in_accuracy_grows_with_laziness(results):
    """The lazier the student, the further its test accuracy falls behind the training accuracy."""
    assert trend(accuracy_gap(with_accuracy(results)), along="alpha").increases


@claim(
    "S01",
    "Fig. 8, with |f − y| ≤ 0.001 as it says",
    spec="student_teacher/alpha",
    expected="refuted",  # hardly a training example comes so close in these steps, no test example
    control=train_read_as_test(),
)
def test_student_comes_within_a_thousandth_of_the_teacher(results):
    """If |f − y| ≤ 0.001 counts as correct, the student of the cited work generalizes late."""
    assert shows_grokking(with_accuracy(results.sel(alpha=USUAL), 0.001, "largest"))


@claim(
    "S02",
    "§8.3.1, Fig. 8",
    spec="student_teacher/alpha",
    control=swapped("alpha", SMALLEST, USUAL),
    headline="Small α removes grokking",
)
def test_small_alpha_removes_the_lag(results):
    """At small α most test examples are right before all training examples are; at α = 1, later."""
    lag = log_accuracy_delay(with_accuracy(results), memorized=0.95, generalized=0.75)

    assert all_of(
        estimate(lag.sel(alpha=SMALLEST)).below(0),
        estimate(lag.sel(alpha=USUAL)).above(0.3),  # twice as late
    )


@claim(
    "S02",
    "§8.3.1, Fig. 8",
    spec="student_teacher/alpha",
    control=swapped("alpha", SMALLEST, USUAL),
    headline="Small α removes grokking",
)
def test_small_alpha_closes_most_of_the_gap(results):
    """At small α the gap in accuracy is less than a third of that at α = 1."""
    gap = accuracy_gap(with_accuracy(results))

    assert ratio(gap.sel(alpha=SMALLEST), gap.sel(alpha=USUAL)).below(1 / 3)


@claim(
    "S02",
    "§8.3.1, Fig. 8, taken at its word",
    spec="student_teacher/alpha",
    control=swapped("alpha", SMALLEST, USUAL),
    headline="Small α removes grokking",
)
def test_gap_vanishes_at_small_alpha(results):
    """At small α train and test accuracy never differ by more than sampling."""
    assert shows_none(with_accuracy(results.sel(alpha=SMALLEST)))


# The threshold


@claim(
    "S03",
    "§16.2, Fig. 17",
    spec="student_teacher/alpha",
    control=(train_read_as_test(), swapped("alpha", USUAL, LAZIEST)),
    headline="Accuracy thresholds mislead",
)
def test_same_runs_grok_at_one_threshold_and_not_at_another(results):
    """The same runs grok in accuracy at one threshold and not at another."""
    usual = results.sel(alpha=USUAL)

    assert all_of(
        shows_grokking(with_accuracy(usual, min(THRESHOLDS))),
        shows_none(with_accuracy(usual, max(THRESHOLDS))),
    )


@claim(
    "S03",
    "§16.2, Fig. 17",
    spec="student_teacher/alpha",
    control=train_read_as_test(),
    headline="Accuracy thresholds mislead",
)
def test_gap_shrinks_with_every_larger_threshold(results):
    """The larger the threshold, the smaller the gap, for both criteria of a correct example."""
    usual = results.sel(alpha=USUAL)
    squared = accuracy_gap(with_accuracy(usual, THRESHOLDS))
    largest = accuracy_gap(with_accuracy(usual, LARGEST_ERRORS, "largest"))

    assert all_of(
        trend(squared, along="threshold").decreases,
        trend(largest, along="threshold").decreases,
    )


@claim(
    "Q03",
    "§16.2",
    spec="student_teacher/alpha",
    control=train_read_as_test(),
    headline="Accuracy thresholds mislead",
)
def test_threshold_can_be_chosen_to_show_a_gap_or_not_at_every_alpha(results):
    """At every α there is a threshold at which accuracies differ, and one at which they do not."""
    strict = accuracy_gap(with_accuracy(results, 0.0001))
    lenient = accuracy_gap(with_accuracy(results, 1.0))

    assert all_of(
        estimate(strict).above(CHANCE),
        estimate(lenient).below(CHANCE),
    )


@claim(
    "S05",
    "§16.3, our finding",
    spec="student_teacher/alpha",
    control=swapped("alpha", USUAL, SMALLEST),
    headline="Accuracy thresholds mislead",
)
def test_laziness_and_threshold_can_stand_in_for_each_other(results):
    """From α = 1 on, raising α changes the gap as lowering the threshold by α² does."""
    thresholds = np.array(THRESHOLDS)
    usual = accuracy_gap(with_accuracy(results.sel(alpha=USUAL), thresholds.tolist()))
    scaled = (thresholds * (LAZIEST / USUAL) ** 2).tolist()
    lazy = accuracy_gap(with_accuracy(results.sel(alpha=LAZIEST), scaled))

    alike = lazy.assign_coords(threshold=usual["threshold"])
    assert difference(alike, usual).within(-0.1, 0.1)  # α alone changes the gap by up to a half


# The losses


@claim(
    "S04",
    "§16.3, Fig. 18",
    spec="student_teacher/alpha",
    control=Control(
        "test loss ten records late",
        lambda results: results.assign(
            test_loss=results["test_loss"]
            .shift(record=10)
            .fillna(results["test_loss"].isel(record=0))
        ),
    ),
    headline="Accuracy thresholds mislead",
)
def test_losses_track_each_other_on_a_linear_axis(results):
    """At every α, the test loss falls with the training loss on a linear axis."""
    assert losses_track_each_other(results)


@claim(
    "S04",
    "§16.3, Fig. 18, on a logarithmic axis",
    spec="student_teacher/alpha",
    expected="refuted",
    positive_control=train_read_as_test(),
    headline="Accuracy thresholds mislead",
)
def test_losses_track_each_other_on_a_logarithmic_axis(results):
    """At every α the test loss stays within ten times the training loss throughout."""
    assert estimate(largest_loss_ratio(results)).below(TENFOLD)


@claim(
    "S05",
    "§16.3",
    spec="student_teacher/alpha",
    control=train_read_as_test(),
    headline="Accuracy thresholds mislead",
)
def test_accuracy_groks_while_the_losses_are_unremarkable(results):
    """Where accuracy groks, the losses on a linear axis show no sign of it."""
    usual = results.sel(alpha=USUAL)

    assert all_of(shows_grokking(with_accuracy(usual)), losses_track_each_other(usual))


# The linearized model


@claim(
    "S06",
    "§13, Fig. 13b",
    spec="student_teacher/linearized",
    control=reversed_in_time(),
)
def test_linearized_student_follows_until_the_loss_has_halved(results):
    """Until half of the training loss is gone, the student equals its linearized twin within 1%."""
    assert estimate(departure_until(results, left=0.5)).below(0.01)


@claim(
    "S06",
    "§13, Fig. 13b",
    spec="student_teacher/linearized",
    expected="refuted",  # it follows until a hundredth of the loss is left
    positive_control=reversed_in_time(),
)
def test_linearized_student_parts_once_the_loss_has_halved(results):
    """Before only a tenth of the training loss is left, they differ by a tenth of the test loss."""
    assert estimate(departure_until(results, left=0.1)).above(0.1)


@claim(
    "S06",
    "§13, Fig. 13b",
    spec="student_teacher/linearized",
    control=swapped("linearized", False, True),
)
def test_linearized_student_parts_in_the_end(results):
    """In the end, the test loss of the student is well below that of its linearized twin."""
    assert estimate(departure_at_end(results)).above(1.5)  # by a third


# The ingredients


@claim(
    "S07",
    "our finding",
    spec="student_teacher/ingredients",
    control=Control(
        "runs with and without weight decay exchanged",
        lambda results: results.assign(
            {
                name: results[name].isel(weight_decay=[1, 0]).variable
                for name in ("train_squared_errors", "test_squared_errors")
            }
        ),
    ),
    about="needs_weight_decay",
    says="yes",
)
def test_late_generalization_takes_weight_decay(results):
    """Without weight decay, the student memorizes and never generalizes at this threshold."""
    student = with_accuracy(results.sel(centered=False))
    caught_up = accuracy_caught_up(student)

    assert all_of(
        estimate(accuracy_gap(student)).above(WIDE),  # with and without
        estimate(caught_up.isel(weight_decay=0)).below(CHANCE),
        estimate(caught_up.isel(weight_decay=1)).above(WIDE),
    )


@claim(
    "S07",
    "our finding",
    spec="student_teacher/ingredients",
    control=swapped("centered", False, True),
)
def test_centering_leaves_no_late_generalization(results):
    """With centering, no test accuracy is gained late, with or without weight decay."""
    centered = with_accuracy(results.sel(centered=True))

    # Without decay the interval ends just below the bound: it was undecided on the first six seeds.
    assert estimate(accuracy_caught_up(centered)).below(CHANCE)


@claim(
    "S07",
    "our finding",
    spec="student_teacher/ingredients",
    control=swapped("centered", False, True),
)
def test_centered_student_unlearns_by_weight_decay(results):
    """With centering, weight decay removes what generalizes at once without it."""
    final = final_test_accuracy(with_accuracy(results.sel(centered=True)))

    assert all_of(
        estimate(final.isel(weight_decay=0)).above(0.75),  # three quarters of the test examples
        estimate(final.isel(weight_decay=1)).below(WIDE),
    )


# Loss and accuracy


@claim(
    "Q01",
    "§16.4, over student and teacher",
    spec="student_teacher/alpha",
    control=Control(
        "test loss held at its first value",
        lambda results: results.assign(
            test_loss=xr.ones_like(results["test_loss"]) * results["test_loss"].isel(record=0)
        ),
    ),
)
def test_without_grokking_in_accuracy_there_is_none_in_the_loss(results):
    """Every run that groks in loss groks in accuracy, too; here, no run groks in loss."""
    late = loss_when_half_learned(results)  # at least 1 if the test loss has not fallen yet
    gap = accuracy_gap(with_accuracy(results, THRESHOLDS))
    against = ((late >= 1) & (gap < CHANCE)).astype(float).where(late.notnull() & gap.notnull())

    label = "grokking in the loss without any in accuracy"
    assert estimate(against.assign_attrs(long_name=label, units="")).within(0, 0)


@claim(
    "Q02",
    "§16.4",
    spec="student_teacher/alpha",
    control=(train_read_as_test(), swapped("alpha", USUAL, SMALLEST)),
)
def test_grokking_in_accuracy_does_not_imply_grokking_in_the_loss(results):
    """At α = 1 accuracy groks, but the test loss halves when the training loss does."""
    usual = results.sel(alpha=USUAL)

    assert all_of(
        shows_grokking(with_accuracy(usual)),
        estimate(loss_when_half_learned(usual)).below(1),  # so it does not fall late
        estimate(bump(usual)).within(1, 1.001),  # to the width of a line
    )
