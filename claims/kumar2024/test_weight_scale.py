"""Other forms of laziness: the scale of the initial weights and of the labels (§4.1, Fig. 7)."""

from grokspec.claims.claim import claim
from grokspec.claims.controls import mirrored, permuted, swapped
from grokspec.measures import final_loss, grokking_delay, log_grokking_delay, relative_change
from grokspec.results.dataset import unzipped
from grokspec.statistics import agreement, ratio, trend
from grokspec.statistics.finding import all_of


@claim(
    "W01",
    "§5.1, Fig. 7b",
    spec="polynomial/sigma",
    control=permuted("sigma"),
    about="norm_sets_the_delay",
    says="yes",
)
def test_larger_weights_do_what_larger_alpha_does(results):
    """The larger the initial weights, the later (as a ratio) and the higher the test loss ends."""
    assert all_of(
        trend(log_grokking_delay(results), along="sigma").increases,
        trend(final_loss(results), along="sigma").increases,
    )


@claim(
    "W01",
    "Fig. 7b, read in steps",
    spec="polynomial/sigma",
    expected="refuted",
    positive_control=mirrored("sigma"),
    about="norm_sets_the_delay",
    says="yes",
)
def test_larger_weights_delay_by_more_steps(results):
    """The larger the initial weights, the more steps generalization lags."""
    assert trend(grokking_delay(results), along="sigma").increases


@claim("W02", "Fig. 7c", spec="polynomial/compensation", control=swapped("sigma", 2, 4))
def test_alpha_compensates_for_weight_scale_in_the_final_loss(results):
    """With α ~ σ⁻², the final test loss is nearly the same at every σ."""
    end = final_loss(results.sel(sigma=[0.5, 1.0, 2.0]))
    middle = end.sel(sigma=1.0, drop=True).broadcast_like(end)

    assert ratio(end, middle).within(0.8, 1.25)  # doubling σ alone triples it


@claim(
    "W02",
    "Fig. 7c",
    spec="polynomial/compensation",
    expected="inconclusive",
    control=swapped("sigma", 2, 4),
    about="norm_sets_the_delay",
    says="no",
)
def test_alpha_compensates_for_weight_scale_in_the_delay(results):
    """With α ~ σ⁻², the network groks equally at every σ."""
    delay = log_grokking_delay(results.sel(sigma=[0.5, 1.0, 2.0]))

    # Decades; σ alone, over the same range, changes the delay by 0.3.
    assert trend(delay, along="sigma").constant(within=0.2)


def by_product(values):
    """Values at each σ²α and σ, which the sweep has on one axis."""
    sigma, alpha = values["sigma"], values["alpha"]
    return unzipped(values, "sigma", {"product": sigma**2 * alpha, "sigma": sigma})


def at_one(values):
    """The values at σ = 1, at every σ."""
    return values.sel(sigma=1.0, drop=True).broadcast_like(values)


@claim("W03", "§8.2, Fig. 7d–f", spec="polynomial/collapse", control=permuted("sigma"))
def test_relative_change_is_a_function_of_sigma_squared_alpha(results):
    """The relative change of the weights is a function of σ²α, and falls with it."""
    change = by_product(relative_change(results))

    assert all_of(
        ratio(change, at_one(change)).within(0.95, 1.05),  # the width of a line, whereas it halves
        trend(change, along="product").decreases,
    )


@claim(
    "W03",
    "§8.2, Fig. 7f",
    spec="polynomial/collapse",
    expected="inconclusive",  # at σ²α = 1/4 it is up to 1.53 times as high at σ = 1/2 as at σ = 1
    control=permuted("sigma"),
)
def test_final_loss_is_a_function_of_sigma_squared_alpha(results):
    """The final test loss is nearly a function of σ²α, and rises with it."""
    loss = by_product(final_loss(results))

    assert all_of(
        ratio(loss, at_one(loss)).within(
            2 / 3, 3 / 2
        ),  # whereas four times σ²α multiplies it by four
        trend(loss, along="product").increases,
    )


@claim("W04", "§4.1", spec="polynomial/labels", control=swapped("label_scale", 0.125, 0.25))
def test_labels_over_alpha_are_output_times_alpha(results):
    """Dividing the labels by α does exactly what multiplying the output by α does."""
    loss = results["population_loss"] / results["baseline"]
    output, labels = (loss.sel(label_scale=scale, drop=True) for scale in (1.0, 0.125))

    assert agreement(output, labels, rtol=1e-9)
