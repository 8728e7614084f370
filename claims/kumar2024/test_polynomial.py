"""Polynomial regression in a committee machine: the paper's argument, claim by claim (§4, §5).

Losses are in units of the loss of the zero predictor, ⟨y²⟩, which differs from seed to seed. The
test loss is the population loss, exact by Eq. 6. The claims are judged on seeds 100 to 109. Every
threshold other than 0, 1 and one half was set on seeds 0 to 4, for the reason given beside it.
"""

from grokspec.claims.claim import claim
from grokspec.claims.controls import (
    Control,
    exchanged,
    held,
    mirrored,
    permuted,
    retrained,
    reversed_in_time,
    shuffled,
    swapped,
    train_read_as_test,
)
from grokspec.measures import (
    alignment_growth,
    bump,
    departure_at_end,
    departure_to_peak,
    final_loss,
    final_loss_without_power,
    final_misalignment,
    grokking_delay,
    largest_departure,
    largest_power,
    late_fall,
    later_bumps,
    log_grokking_delay,
    loss_over_kernel_regression,
    mean_gap,
    norm_growth,
    norm_over_solution,
    power_share_of_rise,
    power_transience,
    train_fall_at_peak,
)
from grokspec.measures.crossing_times import crossing_time
from grokspec.results.dataset import unzipped
from grokspec.statistics import agreement, difference, estimate, power_law, ratio, trend
from grokspec.statistics.finding import all_of

ALL_EPSILON = 0.5
"""Threshold of the delays over ε: a loss that the network reaches at every ε, also at ε = 4."""

LAZY = retrained("model.alpha = 1000\nmodel.centered = true")
"""The same network as a kernel method: it learns only what the initial kernel has."""

ALIGNED = retrained("model.epsilon = 1.0\noptimizer.learning_rate = 1.5")
"""The same network with an initial kernel aligned with the task, at a stable rate."""

# A network that groks without weight decay, under plain gradient descent


@claim(
    "P01",
    "Fig. 1b, §3",
    spec="polynomial/grokking",
    control=(train_read_as_test(), LAZY, ALIGNED),
    about="needs_weight_decay",
    says="no",
)
def test_test_loss_rises_while_train_loss_falls_then_falls_far_below(results):
    """Without weight decay and under plain gradient descent, the network groks in loss."""
    network = results.sel(linearized=False)

    assert all_of(
        estimate(bump(network)).above(1),
        estimate(train_fall_at_peak(network)).below(1),
        estimate(final_loss(network)).below(0.1),  # a tenth of the initial loss
    )


@claim(
    "P01",
    "§8.1, our finding",
    spec="polynomial/edge",
    expected="inconclusive",  # the runs that diverge are unknown
    control=train_read_as_test(),
)
def test_test_loss_rises_at_the_edge_of_what_trains_too(results):
    """At a learning rate at which half of the runs diverge, the test loss also rises first."""
    assert estimate(bump(results)).above(1)


@claim("P03", "Fig. 1b", spec="polynomial/grokking", control=(held("linearized", at=True), LAZY))
def test_network_ends_below_kernel_regression(results):
    """The network ends far below the error of kernel regression with its initial kernel."""
    network = results.sel(linearized=False)

    assert estimate(loss_over_kernel_regression(network)).below(0.1)  # far below


@claim("P04", "Fig. 1, §4.1", spec="polynomial/grokking", control=shuffled())
def test_memorizing_follows_the_linearized_model(results):
    """Until its test loss peaks, the network follows the model linearized at w₀."""
    assert estimate(departure_to_peak(results)).below(0.05)  # invisible on the paper's axes


@claim(
    "P04",
    "Fig. 1, §4.1",
    spec="polynomial/grokking",
    control=held("linearized", at=True),
    about="kernels_grok",
    says="no",
)
def test_generalizing_leaves_the_linearized_model(results):
    """The linearized model does not have the phase in which the network generalizes."""
    assert estimate(departure_at_end(results)).above(10)  # an order of magnitude


@claim("P05", "Fig. 1c", spec="polynomial/grokking", control=(reversed_in_time(), LAZY))
def test_kernel_aligns_with_the_task(results):
    """The kernel becomes more aligned with the task while the network groks."""
    # The alignment of a lazy network grows, too, by .04% at most. LAZY showed that a bound of 1
    # does not distinguish the two, after the claim had been judged on these seeds.
    assert estimate(alignment_growth(results.sel(linearized=False))).above(1.1)


# The weight norm


@claim(
    "P02",
    "Fig. 1c, §3",
    spec="polynomial/norm",
    control=reversed_in_time(),
    about="norm_falls",
    says="no",
)
def test_weight_norm_grows_where_alpha_epsilon_is_small(results):
    """With αε below |β|²/D, the weight norm ends higher than it starts."""
    assert estimate(norm_growth(results.sel(alpha=1.0))).above(1)


@claim(
    "P02",
    "Fig. 1c, §3",
    spec="polynomial/norm",
    expected="refuted",
    positive_control=held("alpha", at=1.0),
    about="norm_falls",
    says="no",
)
def test_weight_norm_grows_whatever_alpha(results):
    """A network that groks ends with a higher weight norm than it starts with, whatever α is."""
    assert estimate(norm_growth(results)).above(1)


@claim(
    "P02",
    "our finding",
    spec="polynomial/norm",
    control=swapped("alpha", 1, 16),
    about="norm_falls",
    says="yes",
)
def test_network_groks_also_with_a_falling_norm(results):
    """With αε above |β|²/D, the network generalizes late while its weight norm falls."""
    lazy = results.sel(alpha=16.0)

    assert all_of(
        estimate(norm_growth(lazy)).below(1),
        estimate(log_grokking_delay(lazy)).above(0.3),  # twice as late as it memorizes
    )


@claim("P02", "Eq. 6, our finding", spec="polynomial/norm", control=permuted("alpha"))
def test_final_norm_is_that_of_the_solution(results):
    """The final weight norm is that of the solution of Eq. 6, Tr M = |β|²/(αε)."""
    # Directions that the data hardly determine keep some of their initial weight.
    assert estimate(norm_over_solution(results)).within(0.9, 1.1)


# Laziness α


@claim("P06", "§5.1, Fig. 3a", spec="polynomial/alpha", control=permuted("alpha"))
def test_delay_grows_with_laziness(results):
    """The lazier the network, the longer generalization lags behind memorization."""
    assert trend(grokking_delay(results), along="alpha").increases


@claim("P06", "§5.1, Fig. 3a", spec="polynomial/alpha", control=permuted("alpha"))
def test_delay_grows_with_laziness_also_as_a_ratio(results):
    """The lazier the network, the larger the ratio of its times to generalize and to memorize."""
    assert trend(log_grokking_delay(results), along="alpha").increases


@claim(
    "P07",
    "§5.1, Fig. 3a",
    spec="polynomial/alpha",
    control=swapped("alpha", 0.125, 64),
    headline="Small α removes grokking",
)
def test_small_alpha_removes_grokking(results):
    """At small α the test loss never rises, and the delay almost vanishes."""
    rich, lazy = results.sel(alpha=0.125), results.sel(alpha=64.0)

    assert all_of(
        estimate(bump(rich)).within(1, 1.001),  # to the width of a line
        ratio(grokking_delay(rich), grokking_delay(lazy)).below(0.05),  # a twentieth
    )


@claim(
    "P07",
    "Fig. 3a, read as a ratio",
    spec="polynomial/alpha",
    expected="refuted",
    positive_control=train_read_as_test(),
    headline="Small α removes grokking",
)
def test_small_alpha_makes_the_two_times_equal(results):
    """At small α the network generalizes as soon as it memorizes, within 25%."""
    assert estimate(log_grokking_delay(results.sel(alpha=0.125))).below(0.1)


@claim("P08", "Fig. 3a", spec="polynomial/alpha", control=permuted("alpha"))
def test_rich_networks_end_lower(results):
    """Centered and trained to the end, networks with smaller α have a lower final test loss."""
    assert trend(final_loss(results), along="alpha").increases


@claim(
    "P08",
    "Fig. 3a, its caption taken literally",
    spec="polynomial/alpha",
    expected="refuted",
    positive_control=mirrored("alpha"),
)
def test_final_loss_decreases_with_alpha(results):
    """The final test loss decreases with α."""
    assert trend(final_loss(results), along="alpha").decreases


@claim("P09", "§4.1, §5.1", spec="polynomial/lazy", control=permuted("alpha"))
def test_departure_from_the_linearized_model_falls_as_one_over_alpha(results):
    """As α grows, the network approaches its linearization, with a difference of order 1/α."""
    assert power_law(largest_departure(results), along="alpha").within(-1.1, -0.9)


@claim("P09", "§4.1", spec="polynomial/lazy", control=held("linearized", at=False))
def test_linearized_model_becomes_kernel_regression(results):
    """The linearized model converges to kernel regression with the initial kernel."""
    twin = results.sel(linearized=True)

    assert estimate(loss_over_kernel_regression(twin)).within(0.98, 1.02)


# Alignment of the initial kernel with the task, ε


@claim("P10", "§5.2, Fig. 3b", spec="polynomial/epsilon", control=permuted("epsilon"))
def test_delay_shrinks_with_alignment(results):
    """The worse the initial kernel is aligned with the task, the longer generalization lags."""
    delay = grokking_delay(results, threshold=ALL_EPSILON)

    assert trend(delay, along="epsilon").decreases


@claim(
    "P10",
    "§5.2, Fig. 3b, read as a ratio",
    spec="polynomial/epsilon",
    expected="refuted",
    control=permuted("epsilon"),
)
def test_delay_shrinks_with_alignment_also_as_a_ratio(results):
    """The worse the alignment, the larger the ratio of the times to generalize and to memorize."""
    delay = log_grokking_delay(results.sel(centered=True), threshold=ALL_EPSILON)

    assert trend(delay, along="epsilon").decreases


@claim(
    "P11",
    "§5.2, Fig. 3b",
    spec="polynomial/epsilon",
    control=permuted("epsilon"),
    headline="Lower ε lowers the final loss",
)
def test_lower_epsilon_ends_lower_when_centered(results):
    """Centered and trained to the end, networks with lower ε have a lower final test loss."""
    assert trend(final_loss(results.sel(centered=True)), along="epsilon").increases


@claim(
    "P11",
    "§5.2, Fig. 3b",
    spec="polynomial/epsilon",
    expected="refuted",
    positive_control=held("centered", at=True),
    headline="Lower ε lowers the final loss",
)
def test_lower_epsilon_ends_lower_without_centering(results):
    """Without centering, networks with lower ε have a lower final test loss."""
    assert trend(final_loss(results.sel(centered=False)), along="epsilon").increases


@claim("P12", "§5.2, Fig. 3b", spec="polynomial/epsilon", control=swapped("epsilon", 0.1, 4))
def test_large_epsilon_generalizes_almost_at_once(results):
    """The delay at large ε is a small part of the delay at small ε."""
    delay = grokking_delay(results, threshold=ALL_EPSILON)

    assert ratio(delay.sel(epsilon=4.0), delay.sel(epsilon=0.1)).below(0.1)  # a tenth


@claim("P13", "§5.2, Fig. 3e", spec="polynomial/grid", control=held("epsilon"))
def test_lazy_misaligned_networks_grok_the_most(results):
    """The delay grows with α at every ε, and with falling ε at every α."""
    delay = grokking_delay(results)

    assert trend(delay, along="alpha").increases & trend(delay, along="epsilon").decreases


@claim(
    "P13",
    "Fig. 3e, read as a ratio",
    spec="polynomial/grid",
    expected="refuted",
    control=held("epsilon"),
)
def test_lazy_misaligned_networks_grok_the_most_as_a_ratio(results):
    """As a ratio of times, too, the delay grows with α and with falling ε."""
    delay = log_grokking_delay(results)

    assert trend(delay, along="alpha").increases & trend(delay, along="epsilon").decreases


# The parts of the loss


@claim(
    "P14",
    "Eq. 6, §5.3",
    spec="polynomial/decomposition",
    control=Control(
        "power in linear modes left out of the sum",
        lambda results: results.assign(
            population_loss=results["population_loss"] - results["linear_power"]
        ),
    ),
)
def test_three_terms_are_the_test_loss(results):
    """The three terms add up to the loss on a large test sample, centered or not."""
    peak = results.isel(record=slice(3, 8))  # where every term counts
    sampled, exact = peak["test_loss"], peak["population_loss"]

    # If the error is ½(β·x)², its square has a relative spread of √(32/3), so 40,000 examples give
    # the loss within 1.6%, and the interval of ten seeds lies within three times that.
    assert ratio(sampled, exact).within(0.95, 1.05)


@claim(
    "P15",
    "§5.3, Fig. 4",
    spec="polynomial/grokking",
    control=exchanged("linear_power", "misalignment_error"),
)
def test_rise_is_power_in_linear_modes(results):
    """The initial rise of the test loss is power in linear modes, which rises and then falls."""
    network = results.sel(linearized=False)

    assert all_of(
        estimate(power_share_of_rise(network)).above(0.5),  # most of it
        estimate(power_transience(network)).above(0),
    )


@claim(
    "P16",
    "§5.3, Fig. 4",
    spec="polynomial/grokking",
    control=exchanged("linear_power", "misalignment_error"),
)
def test_misalignment_falls_the_most(results):
    """Of the three terms, misalignment falls the most after the peak of the test loss."""
    fall = late_fall(results.sel(linearized=False))
    misalignment = fall.sel(term="misalignment_error")
    others = fall.drop_sel(term="misalignment_error")

    assert difference(misalignment.broadcast_like(others), others).above(0)


@claim(
    "P16",
    "§5.3, Fig. 4",
    spec="polynomial/grokking",
    control=exchanged("linear_power", "misalignment_error"),
)
def test_late_fall_is_mostly_misalignment(results):
    """The misalignment term accounts for more than half of the late fall of the test loss."""
    fall = late_fall(results.sel(linearized=False))

    assert estimate(fall.sel(term="misalignment_error")).above(0.5)


@claim("P17", "§5.3", spec="polynomial/grokking", control=held("linearized", at=True))
def test_training_approaches_the_solution(results):
    """Training approaches αεM = ββᵀ and w̄ = 0, where the test loss is zero."""
    # A fifth of the norm is a twenty-fifth of the loss.
    assert estimate(final_misalignment(results.sel(linearized=False))).below(0.2)


# α and ε are not two causes


@claim("P18", "our finding", spec="polynomial/law", control=swapped("sigma", 2, 4))
def test_alpha_sigma_epsilon_enter_as_two_products(results):
    """The dynamics at (α, σ, ε) are the same as at (ασ, 1, εσ)."""
    loss = results["population_loss"].sel(sigma=[1.0, 0.25, 0.5, 2.0])  # with equal ασ and εσ

    assert agreement(loss, loss.sel(sigma=1.0, drop=True).broadcast_like(loss), rtol=1e-6)


@claim("P18", "our finding", spec="polynomial/product", control=permuted("alpha"))
def test_final_loss_is_a_function_of_alpha_epsilon(results):
    """With centering, the final test loss is a function of αε: ε acts like laziness."""
    loss = final_loss(results)
    same = loss.sel(alpha=[0.25, 0.5, 1.0])
    other = loss.sel(alpha=4.0, drop=True)

    assert all_of(
        # Four times the product triples the loss; a quarter is far less than that.
        ratio(same, same.sel(alpha=0.5, drop=True).broadcast_like(same)).within(0.75, 1.25),
        ratio(other.broadcast_like(same), same).above(2),
    )


# How much data


@claim("G01", "Fig. 9a, d", spec="polynomial/examples", control=swapped("train", 50, 500))
def test_too_few_examples_end_worse_than_no_predictor(results):
    """With too few examples the test loss ends above the zero predictor's."""
    assert estimate(final_loss(results.sel(train=50))).above(1)


@claim(
    "G01",
    "Fig. 9d",
    spec="polynomial/examples",
    control=exchanged("linear_power", "variance_error"),
)
def test_too_few_examples_fail_by_power_in_linear_modes(results):
    """Without the power in linear modes, it would end below."""
    assert estimate(final_loss_without_power(results.sel(train=50))).below(1)


@claim("G02", "Fig. 9b, e", spec="polynomial/examples", control=swapped("train", 50, 120))
def test_enough_examples_grok(results):
    """With enough examples, the test loss rises by power in linear modes, and falls far later."""
    enough = results.sel(train=120)

    assert all_of(
        estimate(bump(enough)).above(1),
        estimate(power_share_of_rise(enough)).above(0.5),  # most of it
        estimate(final_loss(enough)).below(1),
        estimate(log_grokking_delay(enough)).above(0.3),  # twice as late as it memorizes
    )


@claim("G03", "Fig. 9c, f", spec="polynomial/examples", control=swapped("train", 120, 500))
def test_plenty_of_examples_leave_no_delay(results):
    """With many examples, train and test loss fall together, with little power in linear modes."""
    enough, plenty = results.sel(train=120), results.sel(train=500)

    assert all_of(
        estimate(log_grokking_delay(plenty)).below(0.3),  # less than twice as late
        ratio(largest_power(plenty), largest_power(enough)).below(0.5),  # less than half
    )


@claim("G04", "§1", spec="polynomial/fresh", control=held("fresh", at=False))
def test_fresh_data_leave_no_gap(results):
    """With fresh data at every step, train and test loss fall together."""
    # A fifth of the gap with fixed data.
    assert estimate(mean_gap(results.sel(fresh=True))).within(-0.05, 0.05)


@claim(
    "G04",
    "§1",
    spec="polynomial/fresh",
    # Training losses on fresh data vary from step to step, and may cross the threshold by chance.
    expected="inconclusive",
    control=held("fresh", at=False),
)
def test_fresh_data_leave_no_delay(results):
    """With fresh data at every step, the network generalizes as soon as its training loss falls."""
    delay = log_grokking_delay(results.sel(fresh=True))

    assert estimate(delay).within(-0.3, 0.3)  # within twice the time


@claim("T12", "§5", spec="polynomial/sample_size", control=permuted("inputs"))
def test_examples_needed_grow_far_less_than_the_square_of_the_dimension(results):
    """The number of examples that the network needs to generalize grows about as D, not as D²."""
    needed = examples_needed(final_loss(results))

    # On seeds 0 to 4 the exponent was about 1.3, and closer to 1 the longer the training. It is two
    # for kernel regression, which is exact from D + ½D(D + 1) examples on.
    assert power_law(needed, along="inputs").within(0.8, 1.5)


def examples_needed(loss, level=0.1):
    """The number of examples from which on the loss is below a level, for each D; interpolated."""
    ratio = loss["train"] / loss["inputs"]
    curves = unzipped(loss, "inputs", {"inputs": loss["inputs"], "times": ratio})
    times = crossing_time(
        curves.rename(times="record"), curves["times"].rename(times="record"), level
    )
    return (times * times["inputs"]).assign_attrs(long_name=f"examples to a loss of {level:g}")


# Momentum


@claim("M01", "§14, Fig. 13a", spec="polynomial/momentum", control=train_read_as_test())
def test_momentum_leaves_the_pattern(results):
    """With momentum the network groks in the same way, linear modes first."""
    heavy = results.sel(momentum=0.95)

    assert all_of(
        estimate(bump(heavy)).above(1),
        estimate(power_share_of_rise(heavy)).above(0.5),
        estimate(final_loss(heavy)).below(0.1),
    )


@claim(
    "M01",
    "§14, Fig. 13a",
    spec="polynomial/momentum",
    expected="inconclusive",  # all seeds from 0 to 4 had at least one, but not all that judge
    control=held("momentum", at=0.0),
)
def test_momentum_adds_bumps(results):
    """Momentum adds bumps to the test loss that are absent with gradient descent."""
    bumps = later_bumps(results)

    assert difference(bumps.sel(momentum=0.95), bumps.sel(momentum=0.0)).above(0)
