import json
import math

import numpy as np
import pytest
import xarray as xr

from grokspec.statistics import agreement, estimate
from grokspec.statistics.evidence import Effect, Intervals, effects_of
from grokspec.statistics.finding import all_of


def losses(*medians):
    """Loss at some α, of seven seeds each."""
    values = [[median + seed / 100 for seed in range(-3, 4)] for median in medians]
    alpha = np.arange(1, 1 + len(medians))
    return xr.DataArray(values, {"alpha": alpha}, ("alpha", "seed"), "loss", {"units": "nats"})


def test_every_cell_is_an_effect_not_only_the_weakest():
    found = effects_of(estimate(losses(1, 2)).above(0).evidence)
    assert [(e.quantity, e.place, e.unit, e.measured) for e in found] == [
        ("loss", "alpha = 1", "nats", 1),
        ("loss", "alpha = 2", "nats", 2),
    ]
    assert found[0].interval == (0.97, 1.03)


def test_an_identity_has_its_largest_deviation_and_no_interval():
    (found,) = effects_of(agreement(losses(1), losses(1) + 0.5, atol=1).evidence)
    assert (found.measured, found.unit, found.interval) == (0.5, "nats", None)
    assert found.quantity == "deviation of loss from loss"


def test_joined_findings_have_the_effects_of_all():
    joined = all_of(estimate(losses(1)).above(0), estimate(losses(1, 2)).below(5))
    assert len(effects_of(joined.evidence)) == 3


def test_an_effect_survives_being_written_as_json():
    for interval in ((-math.inf, 2.0), None):
        effect = Effect(quantity="loss", place="", unit="", measured=1.0, interval=interval)
        text = effect.model_dump_json()
        assert Effect.model_validate_json(text) == effect
        as_text = json.dumps({**json.loads(text), "measured": "1.0"})
        assert Effect.model_validate_json(as_text) == effect


def test_an_effect_that_is_not_known_survives_being_written_as_json():
    effect = Effect(quantity="loss", place="", unit="", measured=math.nan, interval=None)
    assert math.isnan(Effect.model_validate_json(effect.model_dump_json()).measured)


def test_an_effect_has_the_bounds_within_which_it_should_lie():
    (within,) = effects_of(estimate(losses(1)).within(0.5, 2).evidence)
    (identity,) = effects_of(agreement(losses(1), losses(1), atol=0.25).evidence)
    assert within.bounds == (0.5, 2)
    assert identity.bounds == (-math.inf, 0.25)


def test_a_deviation_in_shares_has_no_unit():
    (share,) = effects_of(agreement(losses(1), losses(2), rtol=0.9).evidence)
    assert share.unit == ""


def test_bounds_lie_outside_of_a_region_that_does_not_say_otherwise():
    assert Intervals("loss", "nats", "above 0", (0, math.inf), "seed", 0.95, ()).strict


def test_of_several_deviations_the_largest_is_the_effect():
    far = losses(1) + np.array([0, 0.5, 0.25, 0, 0, 0, 0.125])
    (found,) = effects_of(agreement(losses(1), far, atol=1).evidence)
    assert found.measured == pytest.approx(0.5)
