"""A few neurons take over, on the parity of 3 of 40 bits (Merrill et al., §3 and §4).

A network of 200 ReLU units is trained with the hinge loss and weight decay on 1,000 examples. It
has memorized when train accuracy reaches 98%, as in the paper, and generalized when test accuracy
does. A neuron goes by the norm of its incoming weights, and is kept with its bias. Every threshold
other than 0 and 1 was set on seeds 0 to 4, or is the paper's.

On seeds 100 to 109 three runs of ten had not generalized after 200 epochs, and claims on how a
network generalizes were left open by these. So such claims are now about the runs that do, and
judged on seeds 200 to 211, which were not looked at before.
"""

from math import log10

import numpy as np
import xarray as xr

from grokspec.claims import Control, claim
from grokspec.claims.controls import reversed_in_time, train_read_as_test
from grokspec.measures import accuracy_when_memorized, final, log_accuracy_delay, measure
from grokspec.measures.crossing_times import value_at_reaching
from grokspec.statistics import estimate, ratio
from grokspec.statistics.finding import all_of

ACCURATE = 0.98
"""Train accuracy of a network that has memorized, test accuracy of one that has generalized."""

AT_CHANCE = 0.6
"""Below this test accuracy hardly anything is generalized; guessing gets a half."""

AS_GOOD = 0.01
"""Neurons suffice if they have the network's train accuracy, but for 1%."""

NUMBERS = (3, 4, 5, 6, 8, 16, 32, 64, 128)
WIDTH = 200
EARLY = 6
"""The record at epoch 48, when runs have memorized and not generalized."""

NEURON = "neuron_of_weight_1"
FEW = 6
"""The paper's networks end with 6 to 8 neurons."""


def runs_that_generalize(results):
    """The results of the seeds whose test accuracy reaches 98%."""
    reach = results["test_accuracy"].max("record") >= ACCURATE
    return results.isel(seed=np.flatnonzero(reach))


def neurons_needed(results):
    """The fewest of the largest neurons that are as accurate on training examples as all, at
    each record; of the numbers that were tried, or all there are."""
    needed = xr.full_like(results["train_accuracy"], WIDTH)
    for number in reversed(NUMBERS):
        accuracy = results[f"largest_{number}_neurons_train_accuracy"]
        needed = needed.where(accuracy < results["train_accuracy"] - AS_GOOD, number)
    return needed


def when_generalized(results, values):
    """Values at the moment when test accuracy is 98%."""
    return value_at_reaching(results["test_accuracy"], ACCURATE, values)


def when_memorized(results, values):
    """Values at the moment when train accuracy is 98%."""
    return value_at_reaching(results["train_accuracy"], ACCURATE, values)


@measure("neurons needed when memorized")
def needed_when_memorized(results):
    """How many neurons have the network's train accuracy when that is 98%."""
    return when_memorized(results, neurons_needed(results))


@measure("neurons needed in the end")
def needed_in_the_end(results):
    """How many neurons have the network's train accuracy at the last step."""
    return neurons_needed(results).isel(record=-1)


@measure("growth of the norms of the six neurons from memorizing to generalizing")
def growth_of_the_few(results):
    """How the mean norm changes of the neurons that are largest in the end."""
    few, _ = norms_of_few_and_others(results)
    return when_generalized(results, few) / when_memorized(results, few)


@measure("growth of the norms of all other neurons from memorizing to generalizing")
def growth_of_the_others(results):
    """How the mean norm changes of the neurons that are not among the largest in the end."""
    _, others = norms_of_few_and_others(results)
    return when_generalized(results, others) / when_memorized(results, others)


def norms_of_few_and_others(results):
    """The mean norms of the neurons that are largest at the last record, and of the others."""
    norms = results["incoming_norms_of_weight_1"]
    last = norms.isel(record=-1).rename("last")
    in_order = last.copy(data=np.sort(last, axis=last.get_axis_num(NEURON)))
    are_few = last >= in_order.isel({NEURON: -FEW})
    return (norms.where(chosen).mean(NEURON) for chosen in (are_few, ~are_few))


@measure("test accuracy of the six largest neurons when memorized")
def few_when_memorized(results):
    """The test accuracy of six neurons alone when the network has memorized."""
    return when_memorized(results, results[f"largest_{FEW}_neurons_test_accuracy"])


@measure("weight norm at 98% train accuracy")
def norm_when_memorized(results):
    """The root mean square of all weights when the network has memorized."""
    return when_memorized(results, results["weight_norm"])


@measure("weight norm at 98% test accuracy")
def norm_when_generalized(results):
    """The root mean square of all weights when the network generalizes."""
    return when_generalized(results, results["weight_norm"])


def neurons_kept(results):
    """From epoch 48 on, when it has memorized and not generalized, neurons stay as they are."""
    record = xr.DataArray(np.arange(results.sizes["record"]), dims="record")
    kept = {
        name: values.where(record < EARLY, values.isel(record=EARLY)).variable
        for name, values in results.data_vars.items()
        if name.startswith("largest_")
    }
    return results.assign(kept)


def by_first_norms(results):
    """Neurons are the largest in the end that were so at the start."""
    norms = results["incoming_norms_of_weight_1"]
    last = np.arange(norms.sizes["record"]) == norms.sizes["record"] - 1
    is_last = xr.DataArray(last, dims="record")
    return results.assign(
        incoming_norms_of_weight_1=norms.where(~is_last, norms.isel(record=0)).transpose(
            *norms.dims
        )
    )


NEURONS_KEPT = Control("neurons kept as they are at epoch 48", neurons_kept)
BY_FIRST_NORMS = Control("the six neurons that are largest at the start", by_first_norms)


# The jump


@claim(
    "M01",
    "Merrill et al., §3, Fig. 1",
    spec="circuits",
    control=train_read_as_test(),
    about="parity_groks",
    says="yes",
)
def test_parity_groks(results):
    """Test accuracy is at chance at 98% train accuracy, and as high after 1.5 times as long."""
    assert all_of(
        estimate(accuracy_when_memorized(results, ACCURATE)).below(AT_CHANCE),
        estimate(log_accuracy_delay(results, ACCURATE, ACCURATE)).above(log10(1.5)),
    )


# How many neurons


@claim(
    "M02",
    "Merrill et al., §4, Fig. 2",
    spec="circuits",
    control=(reversed_in_time(), NEURONS_KEPT),
)
def test_number_of_neurons_falls(results):
    """From memorizing to the end, the neurons needed fall by ten times, in runs that generalize."""
    results = runs_that_generalize(results)
    assert ratio(needed_when_memorized(results), needed_in_the_end(results)).above(10)


@claim(
    "M03",
    "Merrill et al., §4",
    spec="circuits",
    expected="refuted",
    positive_control=NEURONS_KEPT,
)
def test_four_neurons_do_not_suffice(results):
    """Four neurons alone are not enough in the end, in runs that generalize."""
    results = runs_that_generalize(results)
    assert estimate(final(results, "largest_4_neurons_test_accuracy")).below(ACCURATE)


# The few and the others


@claim(
    "M04",
    "Merrill et al., §4, Fig. 3",
    spec="circuits",
    control=(reversed_in_time(), BY_FIRST_NORMS),
)
def test_few_neurons_grow_while_the_others_decay(results):
    """A few neurons grow from memorizing to generalizing, and the others' norms fall."""
    results = runs_that_generalize(results)
    assert all_of(
        estimate(growth_of_the_few(results)).above(1),
        estimate(growth_of_the_others(results)).below(1),
    )


@claim(
    "M05",
    "Merrill et al., §4",
    spec="circuits",
    control=(reversed_in_time(), NEURONS_KEPT),
    about="few_neurons_take_over",
    says="yes",
)
def test_few_neurons_predict_in_the_end(results):
    """Six neurons alone generalize in the end, if all do, and guess when all have memorized."""
    results = runs_that_generalize(results)
    assert all_of(
        estimate(final(results, f"largest_{FEW}_neurons_test_accuracy")).above(0.9),
        estimate(few_when_memorized(results)).below(AT_CHANCE),
    )


@claim(
    "M10",
    "our own, on Merrill et al., §4",
    spec="circuits",
    control=reversed_in_time(),
    about="norm_falls",
    says="yes",
)
def test_the_norm_of_all_falls(results):
    """The norm of all weights falls from memorizing to generalizing, though a few neurons grow."""
    results = runs_that_generalize(results)
    assert ratio(norm_when_generalized(results), norm_when_memorized(results)).below(1)
