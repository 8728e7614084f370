"""Wrong labels: kept, unlearned or all that is learned, by weight decay (Doshi et al. 2024).

``memorized`` is the accuracy on training examples with a wrong label, by that label. Generalizing
is a test accuracy of 0.9, as in the paper. The paper's phases are in terms of the accuracy on all
training examples; ours say how many of the wrong labels are fitted, which does not depend on how
many there are. Thresholds were set on seeds 0 to 4; seeds 100 to 109 judge.
"""

from grokspec.claims.claim import claim
from grokspec.claims.controls import exchanged, held, swapped
from grokspec.measures import best_test_accuracy, final, final_test_accuracy
from grokspec.statistics import difference, estimate
from grokspec.statistics.finding import all_of

GENERALIZES = 0.9
"""Test accuracy at which the paper says that a network generalizes."""

CHANCE = 0.2
"""Test accuracy of a network that has learned no addition: about five times that of guessing."""

MEMORIZES = 0.9
"""The share of wrong labels that a network fits which has memorized them."""

UNLEARNED = 0.6
"""The share of wrong labels below which a good part of them is unlearned."""

NONE, SOME, MORE, TOO_MUCH = 0.0, 6.0, 10.0, 14.0  # weight decay


def memorized(results):
    """The share of wrong labels that are fitted in the end."""
    return final(results, "corrupted_given_accuracy")


def without(results, which, what, share):
    """What is left in the end without a share of the units, the least or most periodic."""
    return final(results, f"without_{share:g}_{which}_periodic_{what}")


@claim(
    "D01",
    "Doshi et al. Fig. 1, 3",
    spec="corrupted",
    control=swapped("weight_decay", NONE, SOME),
    about="needs_weight_decay",
    says="yes",
)
def test_without_decay_it_only_memorizes(results):
    """Without weight decay, all wrong labels are fitted and nothing is generalized."""
    plain = results.sel(weight_decay=NONE)

    assert all_of(
        estimate(memorized(plain)).above(MEMORIZES),
        estimate(final_test_accuracy(plain)).below(CHANCE),
    )


@claim("D01", "Doshi et al. Fig. 1, 3", spec="corrupted", control=held("weight_decay", at=NONE))
def test_generalizing_and_memorizing_coexist(results):
    """With some weight decay the network generalizes and keeps the wrong labels, side by side."""
    some = results.sel(weight_decay=SOME)

    assert all_of(
        estimate(memorized(some)).above(MEMORIZES),
        estimate(final_test_accuracy(some)).above(GENERALIZES),
    )


@claim(
    "D02", "Doshi et al. Fig. 1, 3", spec="corrupted", control=swapped("weight_decay", SOME, MORE)
)
def test_more_decay_unlearns_the_wrong_labels(results):
    """With more, at least four in ten wrong labels are unlearned, and it still generalizes."""
    more = results.sel(weight_decay=MORE)

    assert all_of(
        estimate(memorized(more)).below(UNLEARNED),
        estimate(final_test_accuracy(more)).above(GENERALIZES),
    )


@claim(
    "D03",
    "Doshi et al. §3",
    spec="corrupted",
    control=swapped("weight_decay", MORE, TOO_MUCH),
)
def test_too_much_decay_destroys_what_was_generalized(results):
    """With still more, what was generalized is lost: test accuracy rises and falls again."""
    most = results.sel(weight_decay=TOO_MUCH)
    best = best_test_accuracy(most)

    assert all_of(
        estimate(best).above(0.6),
        difference(best, final_test_accuracy(most)).above(0.3),
    )


@claim(
    "D04",
    "Doshi et al. §4",
    spec="corrupted",
    control=exchanged(
        "without_0.5_least_periodic_test_accuracy", "without_0.5_most_periodic_test_accuracy"
    ),
)
def test_without_the_least_periodic_units_wrong_labels_are_forgotten_first(results):
    """Without the less periodic half of the units, wrong labels are lost and addition is not."""
    some = results.sel(weight_decay=SOME)

    assert all_of(
        difference(memorized(some), without(some, "least", "memorized", 0.5)).above(0.4),
        difference(final_test_accuracy(some), without(some, "least", "test_accuracy", 0.5)).below(
            0.1
        ),
    )


@claim(
    "D04",
    "Doshi et al. §4",
    spec="corrupted",
    control=exchanged(
        "without_0.3_least_periodic_test_accuracy", "without_0.3_most_periodic_test_accuracy"
    ),
)
def test_without_the_most_periodic_units_addition_is_forgotten_first(results):
    """Without the most periodic third, addition is lost and the wrong labels are not."""
    some = results.sel(weight_decay=SOME)

    assert all_of(
        difference(final_test_accuracy(some), without(some, "most", "test_accuracy", 0.3)).above(
            0.3
        ),
        difference(memorized(some), without(some, "most", "memorized", 0.3)).below(0.1),
    )
