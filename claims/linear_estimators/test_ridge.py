"""Ridge regression with more features than examples (Xu et al., 2026), and what it has learned.

A set is fitted, or generalized to, when its mean squared error is below ε = .01, as in the paper.
The zero predictor's is .001.
"""

import xarray as xr

from grokspec.claims import Control, claim
from grokspec.claims.controls import exchanged, held, permuted, retrained, train_read_as_test
from grokspec.measures import final_loss, measure
from grokspec.measures.crossing_times import crossing_time
from grokspec.statistics import difference, estimate, power_law, ratio
from grokspec.statistics.finding import all_of
from grokspec.theory.ridge import Ridge

EPSILON = 0.01
FEATURES, EXAMPLES = 200, 20
DECAYS = [0.2, 0.4, 0.8]
"""Of the weights that the spec trains: 2mλ."""


@measure("time to fit", unit="steps")
def fitting_time(results):
    """When the training loss falls below ε."""
    return crossing_time(results["train_loss"], results["step"], EPSILON)


@measure("time to generalize", unit="steps")
def time_to_generalize(results):
    """When the test loss falls below ε; infinite if it never does."""
    return crossing_time(results["test_loss"], results["step"], EPSILON)


@measure("time to half the zero predictor's test loss", unit="steps")
def learning_time(results):
    """When the test loss falls below half of what predicting nothing gives."""
    return crossing_time(results["test_loss"] / results["baseline"], results["step"], 0.5)


def over_decays(formula):
    """A formula for the setting of the paper, at the decays of the spec."""
    settings = [Ridge(EXAMPLES, FEATURES, d / (2 * FEATURES), teacher=0.2) for d in DECAYS]
    values = [formula(setting)(EPSILON) for setting in settings]
    return xr.DataArray(values, {"weight_decay": DECAYS})


def relative(time, formula, name):
    """Times over those of a formula."""
    return (time / over_decays(formula)).assign_attrs(
        long_name=f"{time.attrs['long_name']} over {name}", units=""
    )


@claim(
    "X01",
    "Xu et al., §5",
    spec="ridge",
    control=(permuted("weight_decay"), held("weight_decay")),
    headline="Ridge regression groks",
    about="delay_goes_as_one_over_decay",
    says="yes",
)
def test_time_to_generalize_goes_as_one_over_decay(results):
    """The time to generalize goes as one over the decay, and that to fit does not change."""
    fit = fitting_time(results)

    assert all_of(
        power_law(time_to_generalize(results), along="weight_decay").within(-1.05, -0.95),
        ratio(fit.sel(weight_decay=0.8), fit.sel(weight_decay=0.2)).within(0.9, 1.1),
    )


@claim(
    "X01",
    "Xu et al., Thm. 4.1, Eq. 8",
    spec="ridge",
    control=exchanged("train_loss", "test_loss"),
    about="kernels_grok",
    says="yes",
)
def test_times_are_within_the_bounds(results):
    """Fitting takes no longer than the theorem says, and generalizing no less."""
    fit = relative(fitting_time(results), lambda r: r.fitting_bound, "its bound")
    generalize = relative(
        time_to_generalize(results), lambda r: r.generalization_bound, "its bound"
    )

    assert all_of(estimate(fit).below(1), estimate(generalize).above(1))


@claim(
    "X02",
    "Xu et al., §5",
    spec="ridge_start",
    control=(permuted("sigma"), held("sigma")),
    about="norm_sets_the_delay",
    says="yes",
)
def test_larger_weights_delay_by_their_logarithm(results):
    """Weights eight times as large at the start generalize ln 8/(ηλ) steps later, and fit later."""
    later = time_to_generalize(results).isel(weight_decay=0)
    by = (later.sel(sigma=4.0) - later.sel(sigma=0.5)) / 2078.4  # ln 8 over a λ of .001, at η = 1
    fit = fitting_time(results).isel(weight_decay=0)

    assert all_of(
        estimate(by.assign_attrs(long_name="additional time over ln 8/(ηλ)", units="")).within(
            0.95, 1.05
        ),
        difference(fit.sel(sigma=4.0), fit.sel(sigma=0.5)).above(0),
    )


@claim(
    "X04",
    "our own, on Xu et al., §4",
    spec="ridge",
    control=permuted("weight_decay"),
)
def test_it_waits_for_decay_to_erase_the_start(results):
    """It generalizes when decay has erased the initial weights where there are no examples."""
    forgotten = relative(
        time_to_generalize(results), lambda r: r.forgetting_time, "that of forgetting"
    )

    assert estimate(forgotten).within(0.9, 1.1)


@claim(
    "X05",
    "our own, on Xu et al., §5",
    spec="ridge_without_decay",
    control=retrained('sweep.grid."optimizer.weight_decay" = [0.8]'),
    about="needs_weight_decay",
    says="yes",
)
def test_without_decay_it_never_generalizes(results):
    """Without weight decay it fits as early, and never generalizes."""
    assert all_of(
        estimate(fitting_time(results)).below(100),  # 50 to 62 steps with decay, on seeds 0 to 4
        estimate(time_to_generalize(results)).never,
    )


LEARNED = Control(
    "a hundredth of the test losses",
    lambda results: results.assign(test_loss=results["test_loss"] / 100),
)


@claim(
    "X03",
    "our own, on Xu et al., §5",
    spec="ridge",
    control=LEARNED,
    headline="Ridge regression groks",
)
def test_generalizing_is_not_learning(results):
    """To generalize it learns next to nothing: the zero predictor's loss is below ε, too."""
    zero = results["baseline"].assign_attrs(long_name="zero predictor's loss over ε") / EPSILON
    share = final_loss(results)  # (1 − n/m) of the zero predictor's if only what was seen is known

    assert all_of(estimate(zero).below(1), estimate(share).within(0.8, 1.0))


@claim(
    "X03",
    "our own, on Xu et al., §5",
    spec="ridge",
    control=(train_read_as_test(), LEARNED),
    about="kernels_grok",
    says="no",
)
def test_it_never_learns_half(results):
    """Asked for half of the zero predictor's loss, none of these runs ever generalizes."""
    assert estimate(learning_time(results)).never
