"""The delay law on a small network that is trained anew (specs/delay_law/trained).

Addition modulo 31, at five times the rate of the paper. T is the step at which test accuracy is
seen to be 90%, which is looked at after every tenth. Wc, the length of runs and all thresholds are
from the pilot, seeds 0 to 4; nobody had seen the seeds that judge.
"""

from grokspec.claims.claim import claim
from grokspec.claims.controls import Control, held, mirrored, permuted, swapped
from grokspec.measures import final, measure, time_to_grok, when_memorized
from grokspec.statistics import difference, exponential, power_law, ratio, trend
from grokspec.statistics.finding import all_of

CLAMPED, DECAY, ONCE = "trained/clamped", "trained/decay", "trained/once"


@measure("time to grok, held at ρ = {rho:g}", unit="steps")
def held_at(results, rho):
    """The time to grok of runs whose norm is held."""
    return time_to_grok(results).sel(ratio=rho).reset_coords(drop=True)


@measure("time to grok, rescaled once", unit="steps")
def rescaled(results):
    """The time to grok of runs whose weights are rescaled at a single step."""
    return time_to_grok(results).reset_coords(drop=True)


@measure("time to grok, left free", unit="steps")
def free(results):
    """The time to grok of runs that are left alone."""
    return time_to_grok(results).sel(weight_decay=1.0).reset_coords(drop=True)


@measure("slope of ln T from ρ = {low} to {high}")
def slope(results, low, high):
    """How fast the logarithm of the time to grok rises between two ρ."""
    time = time_to_grok(results).sel(ratio=slice(low, high))
    return exponential(time, along="ratio").rate.values


@measure("steps from memorizing to grokking")
def delay(results):
    """From the first record with 99% training accuracy to 90% test accuracy."""
    memorized = (results["train_accuracy"] >= 0.99).argmax("record")
    return time_to_grok(results) - results["step"].isel(record=memorized)


def exponential_times(results):
    """Each run groks where its seed's exponential has it."""
    time = time_to_grok(results)
    return results.assign(ended_at=time / exponential(time, along="ratio").departures.values)


EXPONENTIAL = Control("times of exact exponentials", exponential_times)


@claim(
    "D01",
    "arXiv 2606.13753, §5, Fig. 3",
    spec=CLAMPED,
    control=(permuted("ratio"), held("ratio")),
    about="norm_sets_the_delay",
    says="yes",
)
def test_a_small_network_groks_later_at_a_larger_norm(results):
    """Trained anew: the larger the norm at which the weights are held, the later it groks."""
    assert trend(time_to_grok(results), along="ratio").increases


@claim(
    "D04",
    "arXiv 2606.13753, §5",
    spec=CLAMPED,
    expected="refuted",
    positive_control=EXPONENTIAL,
)
def test_a_small_network_has_one_exponent(results):
    """Trained anew: ln T rises as fast below ρ = 1 as above it."""
    # As on the released arrays. In the pilot the slopes differ by 5, and by 6 from step 150 on.
    assert difference(slope(results, 1.0, 1.1), slope(results, 0.85, 1.0)).within(-1, 1)


@claim(
    "D05",
    "our finding",
    spec=(CLAMPED, DECAY),
    control=held("ratio", 1.1).of(CLAMPED),
    about="norm_sets_the_delay",
    says="no",
)
def test_a_small_network_groks_sooner_held_than_free(results):
    """Trained anew: held at ρ = 1 the network groks sooner than a free one."""
    # In the pilot in 0.87 of the time.
    assert ratio(held_at(results[CLAMPED], 1.0), free(results[DECAY])).below(1)


@claim(
    "D10",
    "arXiv 2606.13753, §4",
    spec=DECAY,
    expected="refuted",
    positive_control=held("weight_decay", 1.0),
)
def test_weaker_decay_does_not_raise_the_norm_at_grok(results):
    """Half the weight decay leaves the norm at which the network groks within 5%."""
    # In the pilot it is 7% larger, and T is twice as long: as under a clamp at ρ > 1.
    norm = final(results, "total_norm").drop_vars("steps")
    assert ratio(norm.sel(weight_decay=0.5), norm.sel(weight_decay=1.0)).within(0.95, 1.05)


@claim(
    "D11",
    "arXiv 2606.13753, §4",
    spec=(CLAMPED, ONCE, DECAY),
    control=(
        held("ratio", 1.0).of(CLAMPED),
        held("weight_decay", 0.5).of(DECAY),
        swapped("ratio", 0.85, 1.1).of(CLAMPED),
    ),
)
def test_only_holding_the_norm_moves_the_time(results):
    """Rescaled once, to 0.85 or 1.1 of Wc, it groks as if left alone; held there, it does not."""
    # A fifth. In the pilot once makes 0.87 and 1 of the free time, holding 0.65 and 1.8.
    clamped, once, alone = results[CLAMPED], rescaled(results[ONCE]), free(results[DECAY])
    assert all_of(
        ratio(once, alone.broadcast_like(once)).within(0.8, 1.25),
        ratio(held_at(clamped, 0.85), alone).below(0.8),
        ratio(held_at(clamped, 1.1), alone).above(1.25),
    )


@claim(
    "N01",
    "arXiv 2603.13331, abstract",
    spec=DECAY,
    expected="inconclusive",
    control=(permuted("weight_decay"), held("weight_decay"), mirrored("weight_decay")),
    about="delay_goes_as_one_over_decay",
    says="yes",
)
def test_the_delay_of_a_small_network_goes_as_one_over_decay(results):
    """Trained anew: the delay goes as one over weight decay, rather than its root or its square."""
    # Halfway between the powers. In the pilot the power is -1.19, and seeds are from -0.9 to -1.4.
    # Of the seeds that judge two, late at a decay of 2, leave it open; the released runs decide.
    assert power_law(delay(results), along="weight_decay").within(-1.5, -0.75)


@claim(
    "N02",
    "arXiv 2603.13331, abstract",
    spec=DECAY,
    control=Control("only the end is read", lambda results: results.isel(record=[-1, -1])),
    about="norm_falls",
    says="yes",
)
def test_the_norm_of_a_small_free_network_falls(results):
    """Trained anew: a free network has a larger norm when it memorizes than when it groks."""
    one = results.sel(weight_decay=1.0)
    assert ratio(when_memorized(one, "total_norm"), final(one, "total_norm")).above(1)
