"""Variants of polynomial regression: trained readouts, higher degree, sparse parity (§9, §12, §15).

Losses are in units of the loss of the zero predictor, ⟨y²⟩, which is exact; for the Hermite and
parity tasks the test loss is that of a sample. The claims are judged on seeds 100 to 109. The
configurations and every threshold other than 0, 1 and one half were set on seeds 0 to 4, for the
reason given beside a threshold.
"""

import numpy as np
import xarray as xr

from grokspec.claims.claim import claim
from grokspec.claims.controls import (
    Control,
    exchanged,
    held,
    instead,
    permuted,
    retrained,
    swapped,
    train_read_as_test,
)
from grokspec.measures import (
    bump,
    final_loss,
    final_train_loss,
    grokking_delay,
    log_grokking_delay,
    loss_when_half_learned,
    power_share_of_rise,
    power_transience,
    train_fall_at_peak,
)
from grokspec.models.hermite_committee import hermite
from grokspec.statistics import agreement, estimate, ratio, trend
from grokspec.statistics.finding import all_of
from grokspec.tasks.polynomial import Polynomial
from grokspec.theory.quadrature import gaussian_rule

HEAVY_TAILED = 0.2
"""Threshold of the delays for Hermite targets. The mean square of a training sample may be half of
the population's; a fifth is low enough that only learning reaches it."""

# Readouts that are trained


@claim("R01", "§12, Fig. 11", spec="polynomial/readouts", control=train_read_as_test())
def test_network_with_trained_readouts_groks(results):
    """With trained readouts, too, the test loss rises while the training loss falls."""
    assert all_of(
        estimate(bump(results)).above(1),
        estimate(train_fall_at_peak(results)).below(1),
        estimate(final_loss(results)).below(0.1),  # a tenth of the initial loss
    )


@claim(
    "R01",
    "§12, Fig. 11",
    spec="polynomial/readouts",
    control=exchanged("linear_power", "misalignment_error"),
)
def test_rise_with_trained_readouts_is_power_in_linear_modes(results):
    """With trained readouts, too, the rise is power in linear modes, which then falls."""
    assert all_of(
        estimate(power_share_of_rise(results)).above(0.5),  # most of it
        estimate(power_transience(results)).above(0),
    )


@claim(
    "R02",
    "§12, Eq. 22",
    spec="polynomial/readouts",
    control=Control(
        "power in linear modes left out of the sum",
        lambda results: results.assign(
            population_loss=results["population_loss"] - results["linear_power"]
        ),
    ),
)
def test_three_terms_of_the_weighted_moments_are_the_test_loss(results):
    """With moments weighted by the readouts, the three terms add up to the test loss."""
    # A squared error of ½(β·x)² has a relative spread of √(32/3), so 40,000 examples give the loss
    # within 1.6%, and the interval of ten seeds lies within three times that.
    assert ratio(results["test_loss"], results["population_loss"]).within(0.95, 1.05)


# Targets of several directions


@claim("X01", "§15.1, Fig. 14", spec="polynomial/multi_index", control=train_read_as_test())
def test_targets_of_several_directions_grok(results):
    """With a target of two or three directions, the network groks as with one."""
    assert all_of(
        estimate(bump(results)).above(1),
        estimate(train_fall_at_peak(results)).below(1),
        estimate(final_loss(results)).below(0.1),  # a tenth of the initial loss
    )


@claim(
    "X01",
    "§15.1",
    spec="polynomial/multi_index",
    control=exchanged("linear_power", "misalignment_error"),
)
def test_rise_with_several_directions_is_power_in_linear_modes(results):
    """With several directions, too, the rise is power in linear modes, which then falls."""
    assert all_of(
        estimate(power_share_of_rise(results)).above(0.5),  # most of it
        estimate(power_transience(results)).above(0),
    )


# Targets of degree three and four


@claim("X02", "§15.2, Fig. 15", spec="polynomial/hermite3", control=train_read_as_test())
def test_cubic_target_is_generalized_later_than_memorized(results):
    """A target of degree three is generalized later than memorized, centered or not."""
    assert estimate(log_grokking_delay(results, threshold=HEAVY_TAILED)).above(0)


@claim("X02", "§15.2, Fig. 15", spec="polynomial/hermite3", control=train_read_as_test())
def test_cubic_target_is_half_memorized_before_much_is_generalized(results):
    """With centering, most of the test loss is left when half of the training loss is gone."""
    left = loss_when_half_learned(results.sel(centered=True))

    assert estimate(left).above(0.75)  # it has fallen less than half as far


@claim(
    "X02",
    "§15.2, Fig. 15",
    spec="polynomial/hermite3",
    expected="refuted",
    positive_control=retrained("model.alpha = 100\ntraining.steps = 3_000"),
)
def test_cubic_target_is_generalized_twice_as_late(results):
    """A target of degree three is generalized twice as late as memorized."""
    assert estimate(log_grokking_delay(results, threshold=HEAVY_TAILED)).above(0.3)


@claim(
    "X02",
    "§15.2, Fig. 15",
    spec="polynomial/hermite3",
    control=held("centered", at=False),
)
def test_test_loss_of_a_cubic_target_rises_when_centered(results):
    """With centering, the test loss of a target of degree three rises above its initial value."""
    assert estimate(bump(results.sel(centered=True))).above(1)


@claim(
    "X02",
    "§15.2, our finding",
    spec="polynomial/hermite3",
    control=swapped("centered", False, True),
)
def test_first_predictor_hides_the_rise_of_a_cubic_targets_test_loss(results):
    """Without centering it does not: the error of the initial predictor is larger than the rise."""
    assert estimate(bump(results.sel(centered=False))).within(1, 1.001)  # to the width of a line


@claim("X03", "§15.2, Fig. 15", spec="polynomial/hermite4", control=train_read_as_test())
def test_quartic_target_is_generalized_twice_as_late_as_memorized(results):
    """A target of degree four is generalized twice as late as memorized, centered or not."""
    assert estimate(log_grokking_delay(results, threshold=HEAVY_TAILED)).above(0.3)


@claim(
    "X03",
    "§15.2, Fig. 15, each loss in units of its first",
    spec="polynomial/hermite4",
    expected="inconclusive",  # some seeds lag by less than a factor of two, others by far more
    control=train_read_as_test(),
)
def test_quartic_target_is_generalized_twice_as_late_by_its_own_samples(results):
    """Degree four is twice as late also if each loss is relative to its initial value."""
    own = in_units_of_the_first(results)

    assert estimate(log_grokking_delay(own, threshold=HEAVY_TAILED)).above(0.3)


def in_units_of_the_first(results):
    """The results with each loss scaled to begin at the baseline.

    Most samples of a heavy-tailed target have a smaller mean square than the population, and a
    training loss that begins lower is below a threshold earlier.
    """
    return results.assign(
        {
            name: results[name] / results[name].isel(record=0) * results["baseline"]
            for name in ("train_loss", "test_loss")
        }
    )


@claim(
    "X03",
    "§15.2, Fig. 15",
    spec="polynomial/hermite4",
    expected="inconclusive",  # the interval begins at the bound
    control=train_read_as_test(),
)
def test_quartic_target_is_half_memorized_before_much_is_generalized(results):
    """At degree four, centered, most test loss is left when half of the training loss is gone."""
    left = loss_when_half_learned(results.sel(centered=True))

    assert estimate(left).above(0.75)  # as for degree three


@claim(
    "X03",
    "§15.2, Fig. 15",
    spec="polynomial/hermite4",
    expected="inconclusive",  # centered, by a few percent for most seeds, not at all for some
    control=train_read_as_test(),
)
def test_test_loss_of_a_quartic_target_rises(results):
    """The test loss of a target of degree four rises above its initial value."""
    assert estimate(bump(results)).above(1)


# The higher the degree, the more data


def examples_needed(results):
    """The P from which on the final test loss is below half the baseline, one per degree and seed.

    Interpolated in logarithms; infinite if the largest P of the sweep is not enough, and NaN if it
    depends on a run that diverged.
    """
    needed = xr.apply_ufunc(
        _from_which_on_below_half,
        final_loss(results),
        results["train"],
        input_core_dims=[["train"], ["train"]],
        vectorize=True,
    )
    return needed.assign_attrs(long_name="examples needed", units="examples")


def _from_which_on_below_half(loss, examples):
    above = np.flatnonzero(~(loss < 0.5))
    if not len(above):
        return float(examples[0])
    last = above[-1]
    if np.isnan(loss[last]):
        return np.nan
    if last == len(loss) - 1:
        return np.inf
    part = np.log(loss[last] / 0.5) / np.log(loss[last] / loss[last + 1])
    return examples[last] * (examples[last + 1] / examples[last]) ** part


@claim("X04", "§15.2", spec="polynomial/degree", control=permuted("task.degree"))
def test_higher_degree_needs_more_examples(results):
    """The higher the degree of the target, the more examples are needed to generalize."""
    assert trend(examples_needed(results), along="task.degree").increases


@claim(
    "X04",
    "§15.2",
    spec="polynomial/degree",
    expected="inconclusive",  # if examples are too few for two degrees, overfitting decides
    control=permuted("task.degree"),
)
def test_higher_degree_ends_higher_on_the_same_examples(results):
    """With the same number of examples, a higher degree has a higher final test loss."""
    same = results.sel(train=[50, 100])  # too few for degree four, and enough for degree two

    assert trend(final_loss(same), along="task.degree").increases


@claim("X04", "§15.2", spec="polynomial/degree", control=swapped("train", 50, 200))
def test_degree_four_lacks_examples_rather_than_steps(results):
    """Degree four needs more examples, not more steps: few examples are fitted even better."""
    quartic = results.sel({"task.degree": 4})
    few, many = quartic.sel(train=50), quartic.sel(train=200)

    assert all_of(
        ratio(final_train_loss(few), final_train_loss(many)).below(1),
        ratio(final_loss(few), final_loss(many)).above(1),
    )


# Sparse parity


@claim(
    "X05",
    "§9",
    spec="polynomial/parity",
    control=train_read_as_test(),
    about="parity_groks",
    says="yes",
)
def test_parity_of_two_signs_groks(results):
    """On the parity of two signs, too, the test loss rises while the training loss falls."""
    network = results.sel(alpha=1.0)

    assert all_of(
        estimate(bump(network)).above(1),
        estimate(loss_when_half_learned(network)).above(0.75),  # as for the cubic target
        estimate(final_loss(network)).below(0.5),
    )


@claim("X05", "§9, §5.1", spec="polynomial/parity", control=permuted("alpha"))
def test_laziness_delays_parity(results):
    """The lazier the network, the later and the worse it generalizes parity."""
    assert all_of(
        trend(grokking_delay(results), along="alpha").increases,
        trend(log_grokking_delay(results), along="alpha").increases,
        trend(final_loss(results), along="alpha").increases,
    )


@claim(
    "X05",
    "§9, §5.1",
    spec="polynomial/parity",
    expected="refuted",
    positive_control=train_read_as_test(),
)
def test_small_alpha_removes_the_rise_on_parity(results):
    """At small α the test loss of parity never rises, as on the quadratic target."""
    assert estimate(bump(results.sel(alpha=0.25))).within(1, 1.001)  # to the width of a line


@claim(
    "X05",
    "§9",
    spec="polynomial/parity3",
    control=train_read_as_test(),
    about="parity_groks",
    says="yes",
)
def test_parity_of_three_signs_groks(results):
    """On the parity of three signs, with a cubic activation, the test loss rises, too."""
    assert all_of(
        estimate(bump(results)).above(1),
        estimate(loss_when_half_learned(results)).above(0.75),
        estimate(final_loss(results)).below(0.5),
    )


# The targets


DEGREES = (2, 3, 4)


def with_the_lower_one(x, degree):
    """He_k + He_{k−1} instead of He_k."""
    value, lower = hermite(x, degree)
    return value + lower, lower


@claim(
    "X02",
    "§9, what it rests on",
    given=hermite,
    control=instead("He_k + He_{k−1} in the place of He_k", with_the_lower_one),
)
def test_hermite_polynomials_are_orthogonal(given):
    """Over Gaussian inputs, ⟨He_j He_k⟩ is k! if j = k, and zero otherwise."""
    import torch

    points, shares = gaussian_rule(1, nodes=DEGREES[-1] + 1)
    x = torch.from_numpy(points[:, 0])
    values = np.stack([given(x, degree)[0].numpy() for degree in DEGREES])
    found = xr.DataArray((values * shares) @ values.T, dims=("j", "k"), name="⟨He_j He_k⟩")
    said = xr.DataArray(np.diag([2.0, 6.0, 24.0]), dims=("j", "k"), name="k!")

    assert agreement(found, said, atol=1e-9)


@claim(
    "X01",
    "§15.1, what it rests on",
    given=3,
    control=instead("one direction", 1),
)
def test_targets_of_three_directions_have_three(given):
    """The form of a target with three directions has rank three for every seed."""
    seeds = range(100, 110)
    tasks = [Polynomial(inputs=10, train=1, test=1, directions=given).draw(seed) for seed in seeds]
    ranks = [float(np.linalg.matrix_rank(data.teacher["form"])) for data in tasks]
    found = xr.DataArray(ranks, {"seed": list(seeds)}, ("seed",), name="rank")

    assert agreement(found, xr.full_like(found, 3.0).rename("directions"), atol=0)
