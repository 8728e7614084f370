"""Predictions of other explanations of grokking, for the same runs (§2, §3, §9).

The paper claims that none of these explanations is needed. Each is stated here as its authors would
state it; the paper says that it is refuted.
"""

from grokspec.claims.claim import claim
from grokspec.claims.controls import held, reversed_in_time, train_read_as_test
from grokspec.measures import (
    bump,
    final_loss,
    log_grokking_delay,
    norm_growth,
    norm_growth_since_memorized,
)
from grokspec.statistics import estimate
from grokspec.statistics.finding import all_of


@claim(
    "Z01",
    "§3, of Liu et al. (2022a)",
    spec="polynomial/grokking",
    expected="refuted",
    positive_control=reversed_in_time(),
    about="norm_falls",
    says="yes",
)
def test_the_norm_falls_where_a_network_groks(results):
    """A network that groks ends with a lower weight norm than it starts with."""
    assert estimate(norm_growth(results.sel(linearized=False))).below(1)


@claim(
    "Z02",
    "§9, of Varma et al. (2023)",
    spec="polynomial/grokking",
    expected="refuted",
    positive_control=reversed_in_time(),
    about="norm_falls",
    says="yes",
)
def test_the_generalizing_solution_has_the_lower_norm(results):
    """The weights that generalize have a lower norm than the weights that memorize."""
    assert estimate(norm_growth_since_memorized(results.sel(linearized=False))).below(1)


@claim(
    "Z02",
    "§9, our finding",
    spec="polynomial/norm",
    control=held("alpha", at=1.0),
    about="norm_falls",
    says="yes",
)
def test_the_generalizing_solution_can_have_the_lower_norm(results):
    """With αε above |β|²/D they have a lower norm: there, this explanation holds."""
    lazy = results.sel(alpha=16.0)

    assert all_of(
        estimate(norm_growth_since_memorized(lazy)).below(1),
        estimate(log_grokking_delay(lazy)).above(0.3),  # twice as late as it memorizes
    )


@claim(
    "Z03",
    "§2, of Thilak et al. (2022)",
    spec="polynomial/grokking",
    expected="refuted",
    positive_control=train_read_as_test(),
    about="needs_adaptive_optimizer",
    says="yes",
)
def test_without_an_adaptive_optimizer_the_test_loss_does_not_rise_and_fall(results):
    """Under plain gradient descent the test loss never rises before it falls."""
    assert estimate(bump(results.sel(linearized=False))).within(1, 1.001)  # a line's width


@claim(
    "Z04",
    "§3, of Liu et al. (2022a)",
    spec="polynomial/grokking",
    expected="refuted",
    positive_control=held("linearized", at=True),
    about="needs_weight_decay",
    says="yes",
)
def test_without_weight_decay_a_network_that_memorizes_does_not_generalize(results):
    """Without weight decay, the test loss does not fall below a tenth of its initial value."""
    assert estimate(final_loss(results.sel(linearized=False))).above(0.1)
