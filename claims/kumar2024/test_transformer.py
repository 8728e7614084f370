"""The one-layer transformer on modular addition (§6, §13; Fig. 6b, 12, 13c).

A delay is the ratio of the steps to 95% test accuracy and to 95% train accuracy, in decades. Of
similar runs, some remain in memorization, so delays vary more between seeds than with α, and many
claims are inconclusive in the quick profile.
"""

import numpy as np
import xarray as xr

from grokspec.claims.claim import claim
from grokspec.claims.controls import held, instead, permuted, swapped, train_read_as_test
from grokspec.measures import (
    accuracy_delay,
    departure_until,
    generalization_time,
    log_accuracy_delay,
)
from grokspec.models.base import Model
from grokspec.models.transformer import Transformer
from grokspec.statistics import agreement, difference, estimate, power_law, trend
from grokspec.statistics.finding import all_of

LEARNED = 0.95
"""Accuracy at which a set counts as learned: the same for both sets."""

TWICE = 0.3
"""Decades. There is no delay if generalizing takes less than twice the steps of memorizing."""


FAST_ENOUGH = [0.4, 1.0]
"""Weight decays at which most runs generalize within the steps trained."""


def delay_of(results):
    """The delay of each run, in decades."""
    return log_accuracy_delay(results, memorized=LEARNED, generalized=LEARNED)


# Laziness


@claim(
    "C01",
    "§6, Fig. 6b",
    spec="transformer/alpha",
    expected="inconclusive",
    control=permuted("alpha"),
)
def test_delay_grows_with_laziness_at_one_learning_rate(results):
    """At one learning rate, the lazier the transformer, the more it groks."""
    assert trend(delay_of(results), along="alpha").increases


@claim(
    "C01",
    "§6, Fig. 6b; §8.1",
    spec="transformer/rate",
    expected="inconclusive",
    control=permuted("alpha"),
)
def test_delay_grows_with_laziness_at_a_rate_over_alpha(results):
    """With a learning rate ∝ 1/α, the lazier the transformer, the more it groks."""
    assert trend(delay_of(results), along="alpha").increases


@claim(
    "C02",
    "§6, Fig. 6b",
    spec="transformer/alpha",
    expected="inconclusive",
    control=train_read_as_test(),
    headline="Small α removes grokking",
)
def test_small_alpha_removes_the_delay_at_one_learning_rate(results):
    """At one learning rate, small α removes the delay."""
    assert estimate(delay_of(results).isel(alpha=0)).below(TWICE)


@claim(
    "C02",
    "§6, Fig. 6b; §8.1",
    spec="transformer/rate",
    expected="inconclusive",
    control=swapped("alpha", 0.15, 1),
    headline="Small α removes grokking",
)
def test_small_alpha_removes_the_delay_at_a_rate_over_alpha(results):
    """With a learning rate ∝ 1/α, small α removes the delay."""
    delay = delay_of(results)

    assert all_of(
        estimate(delay.sel(alpha=0.15)).below(TWICE),
        estimate(delay.sel(alpha=1.0)).above(TWICE),
    )


@claim(
    "C02",
    "Fig. 6b, what it rests on",
    spec="transformer/held_decay",
    expected="refuted",
    positive_control=train_read_as_test(),
    headline="Small α removes grokking",
)
def test_small_alpha_removes_the_delay_where_weights_decay_alike(results):
    """If weights decay equally fast at every α, step by step, small α removes the delay, too."""
    assert estimate(delay_of(results).sel(alpha=0.15)).below(TWICE)


@claim(
    "C02",
    "our finding, on Fig. 6b",
    spec="transformer/held_decay",
    expected="inconclusive",
    control=swapped("alpha", 0.15, 1),
    headline="Small α removes grokking",
)
def test_small_alpha_lengthens_the_delay_where_weights_decay_alike(results):
    """If weights decay equally fast, step by step, less lazy transformers grok more."""
    assert trend(delay_of(results), along="alpha").decreases


# Weight decay


@claim(
    "C03",
    "§13, Fig. 12a, b",
    spec="transformer/decay",
    expected="inconclusive",
    control=swapped("weight_decay", 0.15, 1),
    headline="Weight decay is offset by α",
)
def test_weight_decay_removes_the_delay(results):
    """More weight decay removes the delay."""
    delay = delay_of(results)

    assert all_of(
        estimate(delay.sel(weight_decay=0.15)).above(TWICE),
        estimate(delay.sel(weight_decay=1.0)).below(TWICE),
    )


@claim(
    "C03",
    "§13, Fig. 12a, b",
    spec="transformer/decay",
    expected="inconclusive",
    control=permuted("weight_decay"),
    headline="Weight decay is offset by α",
)
def test_weight_decay_shortens_the_delay(results):
    """The more weight decay, the shorter the delay."""
    assert trend(delay_of(results), along="weight_decay").decreases


@claim(
    "C03",
    "§13, Fig. 12a, b",
    spec="transformer/offset",
    expected="inconclusive",
    control=held("weight_decay"),
    headline="Weight decay is offset by α",
)
def test_twice_the_weight_decay_shortens_the_delay(results):
    """At one learning rate, twice the weight decay shortens the delay at both α."""
    assert trend(delay_of(results), along="weight_decay").decreases


@claim(
    "C03",
    "§13, Fig. 12a, b",
    spec="transformer/doubled_decay",
    control=permuted("weight_decay"),
    headline="Weight decay is offset by α",
)
def test_twice_the_weight_decay_shortens_the_delay_at_larger_alpha(results):
    """At α = 1, twice the weight decay shortens the delay."""
    assert trend(delay_of(results), along="weight_decay").decreases


@claim(
    "C03",
    "§13, Fig. 12a, b",
    spec="transformer/doubled_decay",
    expected="inconclusive",
    control=permuted("weight_decay"),
    headline="Weight decay is offset by α",
)
def test_twice_the_weight_decay_removes_the_delay_at_larger_alpha(results):
    """At α = 1, twice the weight decay removes the delay."""
    delay = delay_of(results)

    assert estimate(delay.isel(weight_decay=-1)).below(TWICE)


@claim(
    "C04",
    "§13, Fig. 12b, c",
    spec=("transformer/decay", "transformer/rate"),
    expected="inconclusive",
    control=held("alpha", at=0.15).of("transformer/rate"),
    headline="Weight decay is offset by α",
)
def test_laziness_brings_the_delay_back_at_a_rate_over_alpha(results):
    """If weight decay has removed the delay, more laziness restores it, with a rate ∝ 1/α."""
    removed = delay_of(results["transformer/decay"]).sel(weight_decay=1.0, drop=True)
    lazier = delay_of(results["transformer/rate"]).sel(alpha=1.0, drop=True)

    assert difference(lazier, removed).above(0)


@claim(
    "C04",
    "§13, Fig. 12b, c",
    spec="transformer/offset",
    expected="inconclusive",
    control=held("alpha"),
    headline="Weight decay is offset by α",
)
def test_laziness_brings_the_delay_back_at_one_learning_rate(results):
    """At one learning rate and strong weight decay, more laziness lengthens the delay."""
    assert trend(delay_of(results).isel(weight_decay=-1), along="alpha").increases


@claim(
    "C05",
    "§13",
    spec="transformer/decay",
    expected="inconclusive",
    control=permuted("weight_decay"),
    about="delay_goes_as_one_over_decay",
    says="yes",
)
def test_time_to_generalize_goes_as_one_over_weight_decay(results):
    """The time to generalize is inversely proportional to weight decay."""
    steps = generalization_time(results.sel(weight_decay=FAST_ENOUGH), generalized=LEARNED)

    assert power_law(steps, along="weight_decay").within(-1.2, -0.8)


@claim(
    "C05",
    "§13",
    spec="transformer/decay",
    expected="inconclusive",
    control=permuted("weight_decay"),
    about="delay_goes_as_one_over_decay",
    says="yes",
)
def test_delay_goes_as_one_over_weight_decay(results):
    """The delay in steps is inversely proportional to weight decay."""
    fast = results.sel(weight_decay=FAST_ENOUGH)
    delay = accuracy_delay(fast, memorized=LEARNED, generalized=LEARNED)

    assert power_law(delay, along="weight_decay").within(-1.2, -0.8)


# The linearized model


APART = 0.1
"""The relative difference at which a figure shows two curves."""


@claim(
    "C06",
    "§14, Fig. 13c",
    spec="transformer/linearized",
    expected="inconclusive",
    control=held("linearized"),
)
def test_the_network_leaves_its_linearized_model_early(results):
    """The transformer leaves its linearized model before half of the training loss is gone."""
    assert estimate(departure_until(results.sel(weight_decay=1.0), left=0.5)).above(APART)


@claim("C06", "§14, Fig. 13c", spec="transformer/linearized", control=held("linearized"))
def test_the_network_has_left_its_linearized_model_when_it_memorizes(results):
    """The transformer leaves its linearized model before a tenth of the training loss is left."""
    assert estimate(departure_until(results.sel(weight_decay=1.0), left=0.1)).above(APART)


@claim(
    "C06",
    "§14, Fig. 13c",
    spec="transformer/linearized",
    expected="inconclusive",
    control=held("linearized"),
)
def test_without_weight_decay_the_network_follows_its_linearized_model(results):
    """The reason is weight decay: without it, the transformer still follows the model by then."""
    assert estimate(departure_until(results.sel(weight_decay=0.0), left=0.1)).below(APART)


# The gathered form


def with_tokens_exchanged(model, tokens, scalars):
    """The gathered form of the two numbers in reverse order."""
    return Transformer.on(model, tokens.flip(-1), scalars)


@claim(
    "C07",
    "our finding",
    given=Transformer.on,
    control=instead(
        "the two numbers of a sum exchanged for the gathered form", with_tokens_exchanged
    ),
)
def test_the_gathered_form_is_the_plain_one(given):
    """Looked up by token and position, the transformer has the same outputs and gradient."""
    plain = evaluation("plain form", Model.on)
    gathered = evaluation("gathered form", given)

    assert all_of(
        agreement(gathered["outputs"], plain["outputs"], atol=1e-10),
        agreement(gathered["gradient"], plain["gradient"], atol=1e-10),
    )


def evaluation(name, form):
    """The outputs on all pairs, and the gradient of their mean square, of some transformers."""
    import torch

    modulus, seeds = 11, range(200, 206)
    model = Transformer(width=16, mlp_width=32)
    draws = [model.draw_weights(2, modulus, seed) for seed in seeds]
    # Twice the first weights: attention then prefers some tokens, as it does after training.
    weights = {w: torch.from_numpy(2 * np.stack([draw[w] for draw in draws])) for w in draws[0]}
    tokens = torch.arange(modulus)
    pairs = torch.cartesian_prod(tokens, tokens).expand(len(seeds), -1, -1)
    outputs, pullback = form(model, pairs, {})(weights)
    gradient = pullback(2 * outputs / outputs[0].numel())
    flat = {"outputs": outputs, "gradient": torch.cat([g.flatten(1) for g in gradient.values()], 1)}
    return {
        quantity: xr.DataArray(values.flatten(1).numpy(), dims=("seed", "number")).assign_attrs(
            long_name=f"{quantity} of the {name}"
        )
        for quantity, values in flat.items()
    }
