"""⟂Grad, weight decay and a clamped norm: what generalizes soon, and why (Prieto et al., 2025, §5).

Memorizing is a train accuracy of .95 and generalizing a test accuracy of .8, of 106 test pairs:
some runs that learn addition stay at .85. Thresholds were set on seeds 0 to 4, for the reason given
beside them; seeds 200 to 209 judge. Without ⟂Grad and decay no run got more than .06 of them right.
"""

import numpy as np

from grokspec.claims.claim import claim
from grokspec.claims.controls import Control, held, permuted, retrained, swapped
from grokspec.measures import best_test_accuracy, final, final_test_accuracy, growth, measure
from grokspec.measures.crossing_times import reaching_time, value_at_reaching
from grokspec.statistics import difference, estimate, ratio
from grokspec.statistics.finding import all_of

MEMORIZED, GENERALIZED = 0.95, 0.8

GUESSING = 0.15
"""Test accuracy of a network that has learned no addition; guessing gives .04."""

NONE, CODE, EQUATION = "none", "code", "equation"  # without ⟂Grad, the authors' code, Eq. 12

OUTPUT_COSINE = "gradient_cosine_of_weight_3"
"""The cosine of the weights of the output layer with the negative gradient."""


@measure("time to generalize", unit="steps")
def generalizing(results):
    """When 80% of the test examples are right; infinite if they never are."""
    return reaching_time(results["test_accuracy"], results["step"], GENERALIZED)


@measure("time to memorize", unit="steps")
def memorizing(results):
    """When 95% of the training examples are right; infinite if they never are."""
    return reaching_time(results["train_accuracy"], results["step"], MEMORIZED)


# It generalizes without weight decay


@claim(
    "S06",
    "Prieto et al., §5, Fig. 6",
    spec="remedies",
    control=(swapped("wrappers", NONE, CODE), permuted("wrappers")),
    headline="⟂Grad generalizes without weight decay",
    about="needs_weight_decay",
    says="no",
)
def test_orthogonal_gradients_generalize_without_decay(results):
    """With ⟂Grad the network generalizes without weight decay; without it, it only memorizes."""
    time, plain = generalizing(results), results.sel(wrappers=NONE)

    assert all_of(
        estimate(time.sel(wrappers=CODE)).below(400),
        estimate(memorizing(plain)).below(100),
        estimate(best_test_accuracy(plain)).below(GUESSING),
    )


@claim("S06", "Prieto et al., §5, Fig. 6", spec="remedies", control=held("wrappers", at=NONE))
def test_orthogonal_gradients_generalize_without_a_delay(results):
    """With ⟂Grad the time to generalize is at most one and a half times that to memorize."""
    # The ratio was .6 to 1.1; memorizing took two to three times as long as without ⟂Grad.
    orthogonal = results.sel(wrappers=[CODE, EQUATION])

    assert ratio(generalizing(orthogonal), memorizing(orthogonal)).below(1.5)


@claim(
    "S06",
    "Prieto et al., Fig. 6",
    spec=("remedies", "decay"),
    control=swapped("wrappers", NONE, CODE).of("remedies"),
)
def test_orthogonal_gradients_are_sooner_than_decay(results):
    """⟂Grad generalizes in less than half the steps that weight decay 1 takes."""
    # In .14 to .24 times as many.
    orthogonal = generalizing(results["remedies"].sel(wrappers=CODE))
    decay = generalizing(results["decay"].sel(weight_decay=1.0))

    assert ratio(orthogonal, decay).below(0.5)


@claim(
    "S06",
    "our own, on Prieto et al., §5",
    spec="remedies",
    control=retrained("training.steps = 1"),
    about="norm_falls",
    says="no",
)
def test_the_norm_grows_under_orthogonal_gradients(results):
    """The network that generalizes by ⟂Grad has two to four times the norm that it started with."""
    # 2.6 to 3.0 times; without ⟂Grad 6.4 times.
    orthogonal = results.sel(wrappers=[CODE, EQUATION])

    assert all_of(
        estimate(growth(orthogonal, "total_norm")).within(2, 4),
        estimate(best_test_accuracy(orthogonal)).above(GENERALIZED),
    )


# What of it counts


@claim("S07", "Prieto et al., Eq. 12", spec="remedies", control=swapped("wrappers", NONE, EQUATION))
def test_the_equation_does_as_the_code(results):
    """Eq. 12 does as the code, which projects weight by weight and rescales: under AdamW."""
    time = generalizing(results)

    assert all_of(
        estimate(time.sel(wrappers=EQUATION)).below(400),
        ratio(time.sel(wrappers=EQUATION), time.sel(wrappers=CODE)).within(0.5, 1.5),
    )


@claim(
    "S07",
    "our own, on Prieto et al., Fig. 6",
    spec="descent",
    control=held("wrappers", at="rescaled"),
)
def test_without_an_adaptive_optimizer_rescaling_counts(results):
    """Under momentum ⟂Grad fits in 400 steps only if what is left of the gradient is rescaled."""
    fitted = final(results, "train_accuracy")

    assert all_of(
        estimate(fitted.sel(wrappers="rescaled")).above(MEMORIZED),
        estimate(fitted.sel(wrappers="not rescaled")).below(0.9),
    )


@claim(
    "S07",
    "Prieto et al., Fig. 6",
    spec="descent",
    control=swapped("wrappers", "none", "rescaled"),
    about="needs_adaptive_optimizer",
    says="no",
)
def test_orthogonal_gradients_help_without_an_adaptive_optimizer(results):
    """Under momentum ⟂Grad brings most test examples right, which plain gradients never do."""
    last = final_test_accuracy(results)

    assert all_of(
        estimate(last.sel(wrappers="rescaled")).above(0.5),
        estimate(best_test_accuracy(results.sel(wrappers="none"))).below(GUESSING),
    )


# On seeds 100 to 109 the first and the third claim of S14 had one part more each, and that part was
# left open: that a norm held at four times its start gains .3 on none, and that at half the rate
# no run generalizes.


@claim("S14", "our own, on Prieto et al., §5", spec="clamped", control=swapped("ratio", 3.0, 4.0))
def test_a_clamped_norm_does_as_well(results):
    """Plain gradients generalize, too, if the norm is held at three times its start, not at four.

    That is the norm at which ⟂Grad ends.
    """
    # At three times it came to .89 or more, at four times to .55 at most.
    best = best_test_accuracy(results)

    assert all_of(
        estimate(best.sel(ratio=3.0)).above(GENERALIZED),
        estimate(best.sel(ratio=4.0)).below(GENERALIZED),
    )


@claim("S14", "our own, on Prieto et al., §5", spec="clamped", control=swapped("ratio", 1.0, 3.0))
def test_it_does_not_fit_at_its_first_norm(results):
    """If the norm stays exactly what it was at the start, the network never fits."""
    # A seventh of the training examples were right at most.
    assert estimate(final(results, "train_accuracy").sel(ratio=1.0)).below(0.5)


@claim(
    "S14",
    "our own, on Prieto et al., §5",
    spec=("slow", "remedies"),
    control=retrained("optimizer.learning_rate = 0.01").of("slow"),
)
def test_orthogonal_gradients_need_steps_that_lengthen_the_weights(results):
    """At half the rate ⟂Grad gets to a smaller norm, and to less test accuracy in 400 steps."""
    # The norm was .73 to .76 times that of the full rate, the test accuracy lower by .26 to .52.
    slow, full = results["slow"], results["remedies"].sel(wrappers=CODE)

    assert all_of(
        ratio(final(slow, "total_norm"), final(full, "total_norm")).below(0.8),
        difference(best_test_accuracy(slow), best_test_accuracy(full)).below(-0.1),
    )


# Along the weights


@claim("S08", "Prieto et al., §5, Fig. 5", spec="remedies", control=retrained("training.steps = 1"))
def test_the_gradient_aligns_with_the_weights(results):
    """Long after memorizing, the negative gradient of the output layer lies along its weights."""
    # A cosine of .88 to .90; the paper's figure has about .9.
    plain = results.sel(wrappers=NONE)

    assert estimate(final(plain, OUTPUT_COSINE)).above(0.85)


def only_after_memorizing(results):
    """The same results with a cosine of zero up to memorizing."""
    memorized = results["train_accuracy"] >= MEMORIZED
    return results.assign({OUTPUT_COSINE: results[OUTPUT_COSINE].where(memorized, 0.0)})


@measure("cosine in the output layer when half is fitted")
def cosine_when_half_fitted(results):
    """The cosine when half of the training examples are right."""
    return value_at_reaching(results["train_accuracy"], 0.5, results[OUTPUT_COSINE])


@claim(
    "S08",
    "Prieto et al., §5",
    spec="remedies",
    expected="refuted",
    positive_control=Control("a cosine of zero until memorized", only_after_memorizing),
)
def test_the_gradient_aligns_after_memorizing_only(results):
    """The gradient aligns with the weights once all is fitted, and not before."""
    assert estimate(cosine_when_half_fitted(results.sel(wrappers=NONE))).below(0.5)


SCALED = 3
"""The record at which the weights are scaled, after 60 steps."""


@measure("share of the fall of log loss that scaling brings")
def share_by_scaling(results):
    """The fall of the log loss when all weights are scaled, over that in training to the same norm.

    Both start at the record of the scaling.
    """
    plain, scaled = results.sel(factor=1.0), results.sel(factor=1.075)
    norm = plain["total_norm"]
    grown = norm / norm.isel(record=SCALED)
    at_the_norm = value_at_reaching(grown, 1.075, np.log(plain["train_loss"]))
    before = np.log(plain["train_loss"].isel(record=SCALED))
    return (np.log(scaled["train_loss"].isel(record=SCALED)) - before) / (at_the_norm - before)


@claim("S09", "Prieto et al., §5", spec="scaled", control=swapped("factor", 1.0, 1.075))
def test_most_of_the_later_fall_of_the_loss_is_scaling(results):
    """Multiplying all weights by one number gives more than half of the later fall of log loss."""
    assert estimate(share_by_scaling(results)).within(0.5, 1)


# Weight decay


@claim(
    "S13",
    "Prieto et al., Fig. 15",
    spec="decay",
    # At a decay of 8 no run generalizes. What is open is whether the median run at 1 does in 600
    # steps: 28 seeds would probably decide it. The claim has been changed once (see below) and is
    # not changed again.
    expected="inconclusive",
    control=swapped("weight_decay", 1.0, 8.0),
)
def test_very_strong_decay_keeps_it_from_generalizing(results):
    """At a weight decay of 8 the network never generalizes, and at 1 it does."""
    # On seeds 100 to 109 the claim was also that it never fits, which was left open.
    strong = results.sel(weight_decay=8.0)

    assert all_of(
        estimate(generalizing(strong)).never,
        estimate(best_test_accuracy(results.sel(weight_decay=1.0))).above(GENERALIZED),
    )
