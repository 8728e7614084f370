"""Parity with new examples at every step (Barak et al., §3 and §4).

A network of 100 ReLU units is trained with the hinge loss, without weight decay, on 32 new examples
at each step. The claims are judged on seeds 100 to 109. Every threshold other than 0 and 1 was set
on seeds 0 to 4.
"""

from grokspec.claims import Control, claim
from grokspec.claims.controls import reversed_in_time, swapped
from grokspec.measures import generalization_time, measure
from grokspec.measures.crossing_times import reaching_time, value_at_reaching
from grokspec.statistics import difference, estimate, power_law, ratio
from grokspec.statistics.finding import all_of

LEARNED, MOSTLY_LEARNED = 0.99, 0.9
"""Test accuracies of a network that has learned; a sweep ends at the second."""

CHANCE, ABOVE_CHANCE = 0.55, 0.6
"""Guessing gets more than the first once in a thousand records, with 1,000 test examples."""

GAINED = 1.05
"""A gain of 5%; in the first half of the plateau there is one of 2%, either way."""

RELEVANT = 3
"""How many bits count. They are the first."""


@measure("time to leave chance", unit="× time to learn")
def length_of_plateau(results):
    """When test accuracy is 60%, over when it is 99%."""
    accuracy, time = results["test_accuracy"], results["time"]
    return reaching_time(accuracy, time, ABOVE_CHANCE) / reaching_time(accuracy, time, LEARNED)


@measure("norm of weights of relevant bits", unit="× that of the others, when chance is left")
def relative_norm_leaving_chance(results):
    """The mean norm over relevant bits over that over others, at 55% test accuracy."""
    return value_at_reaching(results["test_accuracy"], CHANCE, relative_norm(results))


@measure("norm of weights of relevant bits", unit="× that of the others, halfway to leaving chance")
def relative_norm_halfway(results):
    """The mean norm over relevant bits over that over others, at half the time to 55%."""
    half = reaching_time(results["test_accuracy"], results["time"], CHANCE) / 2
    return value_at_reaching(results["time"] - half, 0.0, relative_norm(results))


@measure("norm of weights of relevant bits", unit="× that of the others, at first")
def relative_norm_at_first(results):
    """The mean norm over relevant bits over that over others, before training."""
    return relative_norm(results).isel(record=0)


def relative_norm(results):
    """The mean norm of the weights of relevant bits over that of the others, at each record."""
    bit = "input_of_weight_1"
    norms = results["input_norms_of_weight_1"]
    relevant, others = slice(None, RELEVANT), slice(RELEVANT, None)
    return norms.isel({bit: relevant}).mean(bit) / norms.isel({bit: others}).mean(bit)


def learning_exponent(results, degree):
    """The power of the number of bits that the time to learn goes as."""
    return power_law(generalization_time(results.sel(degree=degree), MOSTLY_LEARNED), "inputs")


def other_bits(results):
    """The bits that count change places with others."""
    norms = results["input_norms_of_weight_1"]
    return results.assign(input_norms_of_weight_1=norms.roll(input_of_weight_1=2 * RELEVANT))


def with_final_weights(results):
    """All records but the first have the weights of the last."""
    norms = results["input_norms_of_weight_1"]
    is_first = norms["step"] == 0
    return results.assign(input_norms_of_weight_1=norms.where(is_first, norms.isel(record=-1)))


def inversely_to_width(results):
    """The widest networks learn in a quarter of their time."""
    time = results["time"]
    return results.assign(time=time.where(results["hidden"] != "[400]", time / 4))


OTHER_BITS = Control("read for three bits that do not count", other_bits)
FINAL_WEIGHTS = Control("with the weights of the last step", with_final_weights)
INVERSELY_TO_WIDTH = Control("the widest learn four times as fast", inversely_to_width)


@claim(
    "B01",
    "Barak et al., §3, Fig. 1",
    spec="online",
    control=reversed_in_time(),
)
def test_a_plateau_and_then_a_jump(results):
    """With new examples at every step, accuracy is at chance for more than half of the time."""
    assert estimate(length_of_plateau(results)).above(0.5)


@claim(
    "B04",
    "Barak et al., §4",
    spec="online",
    control=(OTHER_BITS, reversed_in_time()),
    about="hidden_progress",
    says="yes",
)
def test_relevant_weights_grow_before_accuracy_does(results):
    """When test accuracy leaves chance, the weights of relevant bits have gained on the others."""
    gain = ratio(relative_norm_leaving_chance(results), relative_norm_at_first(results))

    assert gain.above(GAINED)


@claim(
    "B04",
    "Barak et al., §4",
    spec="online",
    expected="refuted",
    positive_control=FINAL_WEIGHTS,
    about="hidden_progress",
    says="yes",
)
def test_relevant_weights_grow_from_the_start(results):
    """Halfway through the plateau the weights of relevant bits have gained on the others."""
    gain = ratio(relative_norm_halfway(results), relative_norm_at_first(results))

    assert gain.above(GAINED)


@claim("B02", "Barak et al., §3", spec="online_sizes", control=swapped("degree", 2, 3))
def test_the_exponent_grows_with_the_degree(results):
    """The time to learn goes as a power of the number of bits that is larger for three than two."""
    exponents = [learning_exponent(results, degree).values for degree in (3, 2)]

    assert difference(*exponents).above(0)


@claim("B02", "our own, on Barak et al., §3", spec="online_sizes", control=swapped("degree", 2, 3))
def test_the_exponent_is_below_the_degree(results):
    """From 10 to 40 bits the power is below k − 1, for k = 2 and 3: far from the bound of nᵏ."""
    assert all_of(*(learning_exponent(results, k).below(k - 1) for k in (2, 3)))


@claim("B05", "Barak et al., §3", spec="online_width", control=INVERSELY_TO_WIDTH)
def test_width_does_not_divide_the_time(results):
    """Four times the width saves less than half of the time to learn."""
    time = generalization_time(results, MOSTLY_LEARNED)

    assert ratio(time.sel(hidden="[400]"), time.sel(hidden="[100]")).above(0.5)
