import numpy as np
import pytest
from learning_curves import number, results

from grokspec import measures
from grokspec.measures import largest_loss_gap, largest_loss_ratio, loss_when_half_learned


def losses(train, test, baseline=2.0):
    return results(baseline, train_loss=train, test_loss=test)


def when_half_learned(train, test, baseline=2.0):
    return number(loss_when_half_learned(losses(train, test, baseline)))


def test_bump_is_one_for_a_loss_that_never_rises_and_nan_for_a_diverged_one():
    falling = results(train_loss=[2, 1, 1, 1, 1], test_loss=[2, 1, 1, 0.5, 0])
    rising = results(train_loss=[2, 1, 1, 1, 1], test_loss=[2, 3, 1, 0.5, 0])
    diverged = results(train_loss=[2, 1, 1, 1, 1], test_loss=[2, 3, np.nan, np.nan, np.nan])
    assert number(measures.bump(falling)) == 1
    assert number(measures.bump(rising)) == 1.5
    assert np.isnan(number(measures.bump(diverged)))
    assert number(measures.train_fall_at_peak(rising)) == 0.5
    assert np.isnan(number(measures.train_fall_at_peak(diverged)))


def test_shares_of_the_rise_and_of_the_fall():
    r = results(
        train_loss=[1, 1, 1, 1, 1],
        population_loss=[10, 14, 6, 2, 2],
        linear_power=[0, 3, 1, 0, 0],
        misalignment_error=[8, 9, 4, 2, 2],
        variance_error=[2, 2, 1, 0, 0],
    )
    assert number(measures.power_share_of_rise(r)) == 0.75
    assert number(measures.power_transience(r)) == 1.5
    fall = measures.late_fall(r)
    assert fall.sel(term="misalignment_error").item() == pytest.approx(7 / 12)
    assert fall.sum("term").item() == pytest.approx(1)
    flat = r.assign(population_loss=r["population_loss"] * 0 + 1)
    assert np.isnan(number(measures.power_share_of_rise(flat)))


def test_loss_when_half_learned_is_a_half_where_the_two_losses_fall_together():
    assert when_half_learned([8, 6, 3, 0], [4, 3, 1.5, 0]) == pytest.approx(0.5)


def test_loss_when_half_learned_is_above_one_where_the_test_loss_has_risen():
    assert when_half_learned([8, 4 - 1e-12, 0], [2, 3, 0]) == pytest.approx(1.5)


def test_loss_when_half_learned_does_not_depend_on_the_baseline():
    assert when_half_learned([8, 2, 0], [4, 3, 0], 1.0) == when_half_learned(
        [8, 2, 0], [4, 3, 0], 7.0
    )


@pytest.mark.parametrize("train", [[8, 7, 6], [8, np.nan, np.nan], [8, np.nan, 1]])
def test_loss_when_half_learned_is_unknown_where_the_training_loss_does_not_halve_in_sight(train):
    assert np.isnan(when_half_learned(train, [4, 3, 2]))


def test_loss_when_half_learned_does_not_depend_on_what_comes_after():
    assert when_half_learned([8, 2, np.nan], [4, 3, np.nan]) == when_half_learned(
        [8, 2, 0], [4, 3, 0]
    )


def test_gap_compares_each_loss_with_its_own_initial_value():
    assert number(largest_loss_gap(losses([8, 4, 2, 1], [4, 3, 3, 0.5]))) == pytest.approx(0.5)
    assert number(largest_loss_gap(losses([8, 4, 1], [4, 2, 0.5]))) == 0


def test_ratio_is_that_of_the_losses_themselves():
    assert number(largest_loss_ratio(losses([8, 1, 0.5], [4, 2, 3]))) == pytest.approx(6)


@pytest.mark.parametrize("measure", [largest_loss_gap, largest_loss_ratio])
def test_gap_and_ratio_do_not_depend_on_the_baseline_and_are_unknown_for_a_diverged_run(measure):
    train, test = [8, 4, 1], [4, 3, 2]
    assert number(measure(losses(train, test, 1.0))) == pytest.approx(
        number(measure(losses(train, test, 7.0)))
    )
    assert np.isnan(number(measure(losses(train, [4, np.nan, np.nan]))))
