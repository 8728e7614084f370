import pytest
from learning_curves import number, results

from grokspec import measures
from grokspec.errors import GrokspecError


def test_a_measure_carries_its_label_and_unit_and_is_found_by_name():
    r = results(train_loss=[2, 1, 1, 1, 1], test_loss=[2, 1, 1, 0.5, 0])
    delay = measures.measure_named("grokking_delay")(r)
    assert delay.attrs == {"long_name": "grokking delay", "units": "η₀ × steps"}


@pytest.mark.parametrize("name", ["accuracy_delay", "log_accuracy_delay"])
def test_a_label_names_the_thresholds_that_the_measure_is_given(name):
    delay = measures.measure_named(name)
    r = results(train_accuracy=[0, 0, 1, 1, 1], test_accuracy=[0, 0, 0, 0, 1])
    label = delay(r, 0.98, generalized=0.85).attrs["long_name"]
    assert label == "delay from 98% train to 85% test accuracy"


def test_delays_with_different_default_thresholds_have_different_labels():
    r = results(train_accuracy=[0, 0, 1, 1, 1], test_accuracy=[0, 0, 0, 0, 1])
    delays = measures.accuracy_delay(r), measures.log_accuracy_delay(r)
    assert [delay.attrs["long_name"] for delay in delays] == [
        "delay from 95% train to 75% test accuracy",
        "delay from 99% train to 95% test accuracy",
    ]


def test_an_unknown_measure_is_refused_with_the_nearest_name():
    with pytest.raises(
        GrokspecError, match='"groking_delay": no such measure; did you mean "grokking_delay"'
    ):
        measures.measure_named("groking_delay")


def test_losses_are_in_units_of_the_baseline_and_exact_where_that_was_recorded():
    r = results(baseline=4.0, train_loss=[4, 2, 1, 1, 1], test_loss=[9, 9, 9, 9, 9])
    assert number(measures.final_train_loss(r)) == 0.25
    assert number(measures.final_loss(r)) == 2.25
    exact = r.assign(population_loss=r["test_loss"] / 9)
    assert number(measures.final_loss(exact)) == 0.25


def test_a_measure_of_ones_own_does_not_take_the_place_of_a_shipped_one():
    shipped = measures.measure_named("final_loss")

    @measures.measure("mine")
    def final_loss(results):
        return results["train_loss"].isel(record=0)

    assert measures.measure_named("final_loss") is shipped
    assert final_loss is not shipped
