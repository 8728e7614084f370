"""Images of handwritten digits: MNIST (Fig. 6a), and the digits of scikit-learn as a replication.

The network starts with weights eight times too large and is trained with AdamW and weight decay on
200 images, tested on 1,000 others. It has memorized when train accuracy reaches 95%, and
generalized when test accuracy reaches 75% on MNIST, 85% on the digits; such networks reach a few
percent more. Losses are in units of the loss of the zero predictor. The claims are judged on seeds
100 to 105. Every threshold other than 0, 1 and one half was set on seeds 0 to 4, for the reason
given beside it.
"""

from grokspec.claims.claim import claim
from grokspec.claims.controls import held, mirrored, permuted, swapped, train_read_as_test
from grokspec.measures import (
    accuracy_delay,
    accuracy_when_memorized,
    best_test_accuracy,
    generalization_time,
    grokking_delay,
    log_accuracy_delay,
    log_grokking_delay,
    loss_when_half_learned,
)
from grokspec.statistics import difference, estimate, power_law, ratio, trend
from grokspec.statistics.finding import all_of

MEMORIZED = 0.95
ON_MNIST, ON_DIGITS = 0.75, 0.85
"""Test accuracies at which a network counts as having generalized."""

NEARLY_ALL = 0.9
"""Without a lag, memorizing networks have this share of their best test accuracy: 90%."""

FROM = 0.01
"""Pilot runs on the 8×8 digits have a lag above this α, and none below."""

GENERALIZING = [0.001, 0.01, 0.03, 0.1]
"""The values of α on MNIST that are trained until the network generalizes."""


# Laziness


@claim(
    "B01",
    "§6, Fig. 6a",
    spec="mnist/alpha",
    expected="inconclusive",  # only because of the two smallest α, which have no lag
    control=permuted("alpha"),
)
def test_laziness_keeps_down_what_is_generalized_when_memorized(results):
    """At every α, the lazier the network, the lower its test accuracy when it has memorized."""
    assert trend(accuracy_when_memorized(results), along="alpha").decreases


@claim("B01", "§6, Fig. 6a", spec="mnist/alpha", control=(permuted("alpha"), train_read_as_test()))
def test_laziness_keeps_down_what_is_generalized_from_a_hundredth_on(results):
    """From α = 0.01 on, lazier networks have a lower test accuracy when they have memorized."""
    # Narrowed to the range of B04 after the claim at every α had been judged.
    lazier = results.sel(alpha=results["alpha"] >= FROM)

    assert trend(accuracy_when_memorized(lazier), along="alpha").decreases


@claim("B01", "§6, Fig. 6a", spec="mnist/alpha", control=permuted("alpha"))
def test_laziness_delays_generalization(results):
    """The lazier the network, the later it generalizes after memorizing, in steps and ratio."""
    trained = results.sel(alpha=GENERALIZING)

    assert all_of(
        trend(accuracy_delay(trained, MEMORIZED, ON_MNIST), along="alpha").increases,
        trend(log_accuracy_delay(trained, MEMORIZED, ON_MNIST), along="alpha").increases,
    )


@claim("B01", "§6, Fig. 6a", spec="mnist/alpha", control=train_read_as_test())
def test_lazy_network_groks(results):
    """At α = 0.1 generalizing takes at least five times as long as memorizing."""
    network = results.sel(alpha=0.1)

    assert all_of(
        estimate(log_accuracy_delay(network, MEMORIZED, ON_MNIST)).above(0.7),
        ratio(accuracy_when_memorized(network), best_test_accuracy(network)).below(0.75),
    )


@claim(
    "B02",
    "§6, Fig. 6a",
    spec="mnist/alpha",
    control=(swapped("alpha", 0.001, 0.1), held("alpha", at=0.03)),
    headline="Small α removes grokking",
)
def test_small_alpha_removes_the_delay(results):
    """At small α there is no lag: the network generalizes before it has memorized."""
    rich = results.sel(alpha=0.001)

    assert all_of(
        estimate(log_accuracy_delay(rich, MEMORIZED, ON_MNIST)).below(0),
        ratio(accuracy_when_memorized(rich), best_test_accuracy(rich)).above(NEARLY_ALL),
    )


@claim(
    "B03",
    "§16.4",
    spec="mnist/alpha",
    expected="refuted",
    control=train_read_as_test(),
)
def test_test_loss_is_left_when_half_of_the_train_loss_is_gone(results):
    """When half of the training loss of a lazy network is gone, most of its test loss is left."""
    lazy = results.sel(alpha=[0.1, 0.3, 1.0])

    assert estimate(loss_when_half_learned(lazy)).above(0.75)  # half as far as the training loss


@claim(
    "B03",
    "our finding",
    spec="mnist/alpha",
    control=swapped("alpha", 0.001, 0.1),
)
def test_the_lazier_the_more_the_first_predictor_is_both_losses(results):
    """Without centering, both losses halve together: most of both is the initial predictor's."""
    lazy = results.sel(alpha=[0.1, 0.3, 1.0])

    assert estimate(loss_when_half_learned(lazy)).within(0.45, 0.55)  # a half, within 10%


@claim("B03", "§6, Fig. 6a", spec="mnist/alpha", control=permuted("alpha"))
def test_laziness_delays_the_fall_of_the_test_loss_to_a_useful_level(results):
    """Below the loss of the zero predictor, the test loss lags more in lazier networks."""
    trained = results.sel(alpha=GENERALIZING)

    assert all_of(
        trend(log_grokking_delay(trained), along="alpha").increases,
        trend(grokking_delay(trained.sel(alpha=GENERALIZING[1:])), along="alpha").increases,
    )


# Replication on other digits


@claim("B04", "Fig. 6a", spec="digits/alpha", control=(permuted("alpha"), train_read_as_test()))
def test_laziness_keeps_down_what_is_generalized_on_other_digits(results):
    """On 8×8 digits, too, lazier networks memorize with a lower test accuracy, from α = 0.01 on."""
    lazier = results.sel(alpha=results["alpha"] >= FROM)

    assert trend(accuracy_when_memorized(lazier), along="alpha").decreases


@claim(
    "B04",
    "Fig. 6a",
    spec="digits/alpha",
    expected="inconclusive",  # only because of the two smallest α, which have no lag
    control=permuted("alpha"),
)
def test_laziness_delays_generalization_on_other_digits(results):
    """On 8×8 digits, too, the delay grows with laziness at every α, in steps and as a ratio."""
    assert all_of(
        trend(accuracy_delay(results, MEMORIZED, ON_DIGITS), along="alpha").increases,
        trend(log_accuracy_delay(results, MEMORIZED, ON_DIGITS), along="alpha").increases,
    )


@claim("B04", "Fig. 6a", spec="digits/alpha", control=permuted("alpha"))
def test_laziness_delays_generalization_on_other_digits_from_a_hundredth_on(results):
    """On 8×8 digits, the delay grows with laziness from α = 0.01 on, in steps and as a ratio."""
    # Narrowed to this range after the claim at every α had been judged.
    lazier = results.sel(alpha=results["alpha"] >= FROM)

    assert all_of(
        trend(accuracy_delay(lazier, MEMORIZED, ON_DIGITS), along="alpha").increases,
        trend(log_accuracy_delay(lazier, MEMORIZED, ON_DIGITS), along="alpha").increases,
    )


@claim(
    "B04",
    "Fig. 6a",
    spec="digits/alpha",
    expected="inconclusive",  # one of six seeds lags, by 4%
    control=(swapped("alpha", 0.001, 0.1), held("alpha", at=0.1)),
)
def test_small_alpha_removes_the_delay_on_other_digits(results):
    """On 8×8 digits, too, the network generalizes before it has memorized if α is small."""
    rich = results.sel(alpha=0.001)

    assert all_of(
        estimate(log_accuracy_delay(rich, MEMORIZED, ON_DIGITS)).below(0),
        ratio(accuracy_when_memorized(rich), best_test_accuracy(rich)).above(NEARLY_ALL),
    )


# Weight decay


@claim(
    "B05",
    "§13",
    spec="mnist/decay",
    control=permuted("weight_decay"),
    about="delay_goes_as_one_over_decay",
    says="yes",
)
def test_time_to_generalize_goes_as_one_over_weight_decay(results):
    """At α = 0.1 the time to generalize goes as 1/(weight decay), to 1/4 in the exponent."""
    time = generalization_time(results, ON_MNIST)

    assert power_law(time, along="weight_decay").within(-1.25, -0.75)


@claim(
    "B05",
    "§13",
    spec="digits/decay",
    expected="refuted",
    control=permuted("weight_decay"),
    about="delay_goes_as_one_over_decay",
    says="yes",
)
def test_time_to_generalize_goes_as_one_over_weight_decay_on_other_digits(results):
    """On 8×8 digits, too, it goes as 1/(weight decay), to 1/4 in the exponent."""
    time = generalization_time(results, ON_DIGITS)

    assert power_law(time, along="weight_decay").within(-1.25, -0.75)


@claim("B05", "§13", spec=("mnist/decay", "digits/decay"), control=permuted("weight_decay"))
def test_weight_decay_shortens_the_delay(results):
    """On both, the delay shrinks as weight decay grows, in steps and as a ratio."""
    on_mnist, on_digits = results["mnist/decay"], results["digits/decay"]

    assert all_of(
        trend(accuracy_delay(on_mnist, MEMORIZED, ON_MNIST), along="weight_decay").decreases,
        trend(log_accuracy_delay(on_mnist, MEMORIZED, ON_MNIST), along="weight_decay").decreases,
        trend(accuracy_delay(on_digits, MEMORIZED, ON_DIGITS), along="weight_decay").decreases,
        trend(log_accuracy_delay(on_digits, MEMORIZED, ON_DIGITS), along="weight_decay").decreases,
    )


@claim(
    "B05",
    "§13, Fig. 12",
    spec="mnist/offset",
    control=permuted("alpha"),
    headline="Weight decay is offset by α",
)
def test_laziness_makes_up_for_weight_decay(results):
    """Three times the weight decay shortens the delay; three times the α lengthens it again."""
    first, decayed, lazier = parts_of(accuracy_delay(results, MEMORIZED, ON_MNIST))

    assert all_of(ratio(decayed, first).below(0.5), ratio(lazier, decayed).above(1.5))


@claim(
    "B05",
    "§13, Fig. 12",
    spec="mnist/offset",
    expected="refuted",  # in part only
    positive_control=mirrored("alpha"),
)
def test_as_much_laziness_makes_up_for_weight_decay_in_full(results):
    """Three times the α restores the whole delay that three times the weight decay removed."""
    first, _, lazier = parts_of(accuracy_delay(results, MEMORIZED, ON_MNIST))

    assert ratio(lazier, first).above(1)


@claim(
    "B05",
    "§13, Fig. 12",
    spec="mnist/offset",
    expected="inconclusive",  # lazier networks memorize later, too
    control=permuted("alpha"),
)
def test_laziness_makes_up_for_weight_decay_as_a_ratio(results):
    """As a ratio of times, too, three times the α lengthens the delay again."""
    _, decayed, lazier = parts_of(log_accuracy_delay(results, MEMORIZED, ON_MNIST))

    assert difference(lazier, decayed).above(0)


def parts_of(delay):
    """The delay at first, with more weight decay, and with more weight decay and laziness."""
    return (delay.isel(alpha=place) for place in range(3))
