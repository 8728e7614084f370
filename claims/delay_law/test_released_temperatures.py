"""What a temperature does to the delay (arXiv 2606.18465), on its author's own arrays.

The norm is held at 1.15 times that at which a free run groks, and logits are divided by a
temperature τ, at p = 59 and 97 with 12 seeds each. The paper reports that under cross-entropy τ
undoes what the larger norm did, so that the norm acts through the size of the logits. Nothing is
trained here, and nobody was blind to the numbers that judge.
"""

import numpy as np

from grokspec.claims.claim import claim
from grokspec.claims.controls import held, permuted
from grokspec.measures import measure, time_to_grok
from grokspec.statistics import difference, estimate, ratio, trend
from grokspec.statistics.finding import all_of

SOURCE = "arXiv 2606.18465"

HOTTEST = 1.7
"""The highest temperature τ of the files."""


@measure("time to memorize", unit="steps")
def time_to_memorize(results):
    """The first multiple of 25 steps with a training accuracy of 99%."""
    return results["memorized_step"]


@measure("share of the delay that τ = {tau} undoes, in ln T")
def undone(results, tau):
    """Of the rise of ln T from ρ = 1 to 1.15, what a temperature takes back."""
    logs = np.log(time_to_grok(results))
    high = logs.sel(rho=1.15, tau=1.0)
    return (high - logs.sel(rho=1.15, tau=tau)) / (high - logs.sel(rho=1.0, tau=1.0))


@claim(
    "L01",
    f"{SOURCE}, §4.1, Table 2",
    spec="temperature",
    control=(permuted("tau"), held("tau", 1.0)),
    about="norm_sets_the_delay",
    says="no",
)
def test_a_temperature_undoes_the_delay_of_a_larger_norm(results):
    """Under cross-entropy it groks sooner the higher τ, and at τ = 1.7 as if held at Wc."""
    time = time_to_grok(results)
    assert all_of(
        trend(time.sel(rho=1.15), along="tau").decreases,
        # A tenth, where the larger norm takes 3.4 times as long.
        ratio(time.sel(rho=1.15, tau=HOTTEST), time.sel(rho=1.0, tau=1.0)).within(0.9, 1.1),
    )


@claim(
    "L03",
    f"{SOURCE}, §4.3",
    spec="squared_error",
    expected="refuted",
    positive_control=held("tau", 1.0),
)
def test_a_temperature_does_little_under_squared_error(results):
    """Under squared error a temperature undoes less than a third of the delay of a larger norm."""
    assert estimate(undone(results, HOTTEST)).below(1 / 3)


@claim(
    "L03",
    "our finding",
    spec=("temperature", "squared_error"),
    control=held("tau", 1.0).of("temperature"),
)
def test_a_temperature_undoes_more_under_cross_entropy(results):
    """A temperature undoes more of the delay under cross-entropy than under squared error."""
    entropy, squares = (undone(results[name], HOTTEST) for name in ("temperature", "squared_error"))
    assert difference(entropy, squares).above(0)


@claim(
    "L04",
    f"{SOURCE}, §4.4",
    spec="temperature",
    expected="refuted",
    positive_control=held("tau", 1.0),
)
def test_a_temperature_leaves_memorizing_alone(results):
    """Under cross-entropy a temperature of 1.7 does not change when the network memorizes."""
    # It is looked at every 25 steps, which is 14% of the 175 that memorizing takes.
    time = time_to_memorize(results).sel(rho=1.15)
    assert ratio(time.sel(tau=HOTTEST), time.sel(tau=1.0)).within(0.85, 1.15)
