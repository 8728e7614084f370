"""The delay law of the weight norm (Khanh et al., arXiv 2606.13753), on its authors' own arrays.

Their network learns addition modulo 59. From step 500 on its weight norm is held at ρ times the
norm at which a free run groks. T is the first logged step with a test accuracy of 90%. The runs are
in the files that the authors released; nothing is trained here.

The claims are judged on the sweep of §5: nine values of ρ, 16 seeds each, no run without a T.
Every threshold other than 0 and 1 was set on the profile `pilot`: the same sweep in the files of
the paper that followed (arXiv 2606.18465), by another program on other seeds. A survey of all files
came first, though, so nobody was blind to the numbers that judge. At 97 and 113, in those files,
the slope is 6.6, and the line misses by 28%: what holds here holds at 59.
"""

from grokspec.claims.claim import claim
from grokspec.claims.controls import Control, held, mirrored, permuted
from grokspec.measures import measure, time_to_grok
from grokspec.statistics import difference, exponential, trend
from grokspec.statistics.finding import all_of

SOURCE = "arXiv 2606.13753, §5"

CLAMPED_FROM = 500
"""The step from which on the norm is held."""


@measure("slope of ln T from ρ = {low} to {high}")
def slope(results, low, high):
    """How fast the logarithm of the time to grok rises between two ρ."""
    time = time_to_grok(results).sel(rho=slice(low, high))
    return exponential(time, along="rho").rate.values


def counted_from_the_clamp(results):
    """The same runs, with step 500 as the first."""
    return results.assign(grok_step=results["grok_step"] - CLAMPED_FROM)


def exponential_times(results):
    """Each run groks where its seed's exponential has it, at the next logged step."""
    time = time_to_grok(results)
    exact = time / exponential(time, along="rho").departures.values
    logged = results["step"].where(results["step"] >= exact).min("record")
    return results.assign(grok_step=logged)


FROM_THE_CLAMP = Control("time counted from the first held step", counted_from_the_clamp)
EXPONENTIAL = Control("times of exact exponentials, as logged", exponential_times)


@claim(
    "D01",
    f"{SOURCE}, Fig. 3",
    spec="clamped",
    control=(permuted("rho"), held("rho")),
    about="norm_sets_the_delay",
    says="yes",
)
def test_time_to_grok_grows_with_the_norm(results):
    """The larger the norm at which the weights are held, the later the network groks."""
    assert trend(time_to_grok(results), along="rho").increases


@claim(
    "D03",
    f"{SOURCE}, Fig. 3",
    spec="clamped",
    control=(permuted("rho"), mirrored("rho"), FROM_THE_CLAMP),
)
def test_log_time_is_about_linear_in_the_norm(results):
    """From ρ = 0.85 to 1.25, ln T rises about linearly, with a slope near 7.64."""
    law = exponential(time_to_grok(results), along="rho")

    assert all_of(
        # The paper takes the slopes of four moduli for one; they lie up to 0.43 from their mean.
        # In the pilot the slope is 7.62.
        law.rate.within(7.14, 8.14),
        # A quarter is little where times span a factor of 18. In the pilot the line misses by 14%.
        law.departures.within(0.8, 1.25),
    )


@claim(
    "D02",
    f"{SOURCE}, Eq. 2",
    spec="clamped",
    expected="refuted",
    positive_control=EXPONENTIAL,
)
def test_log_time_is_linear_in_the_norm(results):
    """T is exponential in ρ, as exactly as the logged steps can show."""
    # Logged steps are up to 3.2% apart. So exact exponentials miss their fit by less than 5%.
    assert exponential(time_to_grok(results), along="rho").departures.within(0.95, 1.05)


@claim(
    "D02",
    "our finding",
    spec="clamped",
    control=(permuted("rho"), EXPONENTIAL),
)
def test_log_time_rises_fastest_in_the_middle(results):
    """ln T over ρ is an S: it rises faster from ρ = 0.95 to 1.1 than below and above."""
    # In the pilot the slopes of the three parts are 5.2, 8.8 and 7.1.
    middle = slope(results, 0.95, 1.1)

    assert all_of(
        difference(middle, slope(results, 0.85, 0.95)).above(0),
        difference(middle, slope(results, 1.1, 1.25)).above(0),
    )
