"""How the delay of free runs depends on weight decay, on the arrays of arXiv 2606.18465.

An older theory of the same first author (arXiv 2603.13331) has the delay as the time in which
weight decay shrinks the norm, hence as one over it. It was made for a transformer; these runs are
of the network that the delay law is about, at p = 43, 67 and 113 with 8 seeds each. Nothing is
trained here. The limits stood before the exponents were computed.
"""

from grokspec.claims.claim import claim
from grokspec.claims.controls import held, mirrored, permuted
from grokspec.measures import measure, time_to_grok
from grokspec.statistics import power_law


@measure("steps from memorizing to grokking")
def delay(results):
    """From 99% training accuracy to 90% test accuracy, each at a multiple of 25 steps."""
    return time_to_grok(results) - results["memorized_step"]


@claim(
    "N01",
    "arXiv 2603.13331, abstract",
    spec="free",
    control=(permuted("weight_decay"), held("weight_decay"), mirrored("weight_decay")),
    about="delay_goes_as_one_over_decay",
    says="yes",
)
def test_the_delay_goes_as_one_over_weight_decay(results):
    """From a decay of 0.5 to 4 the delay goes as one over weight decay, at each modulus."""
    assert power_law(delay(results), along="weight_decay").within(-1.2, -0.8)
