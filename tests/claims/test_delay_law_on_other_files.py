"""The claims on the other released files are judged as they should be on made-up times."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from grokspec.claims.claim import evaluation
from grokspec.statistics.verdict import Verdict

CLAIMS = Path(__file__).parents[2] / "claims" / "delay_law"
MODULI = [31, 41, 53, 59, 71]
RHO = [0.85, 1.0, 1.15]
DECAYS = np.array([0.5, 1.0, 2.0, 3.0, 4.0])
TAU = np.array([1.0, 1.15, 1.3, 1.5, 1.7])


def claims_of(name):
    found = importlib.util.spec_from_file_location(name, CLAIMS / f"{name}.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


moduli = claims_of("test_released_moduli")
temperatures = claims_of("test_released_temperatures")
free_runs = claims_of("test_released_free_runs")


def verdict(claim, results):
    with evaluation() as judged:
        claim(results)
    return judged.finding.verdict


def noise(*shape):
    return np.exp(0.02 * np.random.default_rng(0).standard_normal(shape))


def at_moduli(below=7.5, above=7.5, free=1.0):
    """Runs at each p, with slopes of ln T on both sides of ρ = 1, and T of free runs over that."""
    held = np.array([math.exp(-0.15 * below), 1.0, math.exp(0.15 * above)])
    times = np.full((5, 3, 2, 12), np.nan)
    times[:, :, 0] = 4000 * held[:, None] * noise(5, 3, 12)
    times[:, 1, 1] = 4000 * free * noise(5, 12)
    dims = ("p", "rho", "arm", "seed")
    axes = {"p": MODULI, "rho": RHO, "arm": ["clamp", "none"], "seed": np.arange(12)}
    status = np.where(np.isnan(times), "absent", "finished")
    return xr.Dataset({"grok_step": (dims, times), "status": (dims, status)}, axes)


def with_norms(results, memorized, grokked):
    """The same with a norm at memorization, which is at the second record, and one at grok."""
    accuracy, norm = xr.DataArray([[0.0, 1.0], [9.0, memorized]], dims=("what", "record"))
    like = results["status"]
    return results.assign(
        train_accuracy=accuracy.broadcast_like(like.expand_dims(record=2)),
        total_norm=norm.broadcast_like(like.expand_dims(record=2)),
        norm_at_grok=xr.full_like(results["grok_step"], grokked),
    )


def at_temperatures(undone, memorized=1.0):
    """Runs held at 1.15 Wc, at each τ, of whose delay the last τ undoes a share."""
    delay = math.log(3.4)
    times = np.full((2, 2, TAU.size, 12), np.nan)
    shares = undone * (TAU - 1) / 0.7
    times[:, 1] = 3700 * np.exp(delay * (1 - shares))[:, None] * noise(2, TAU.size, 12)
    times[:, 0, 0] = 3700 * noise(2, 12)
    first = np.broadcast_to((175 * memorized ** ((TAU - 1) / 0.7))[:, None], times.shape)
    dims = ("p", "rho", "tau", "seed")
    axes = {"p": [59, 97], "rho": [1.0, 1.15], "tau": TAU, "seed": np.arange(12)}
    return xr.Dataset({"grok_step": (dims, times), "memorized_step": (dims, first)}, axes)


def at_decays(exponent):
    times = 200 + 4000 * DECAYS[:, None] ** exponent * noise(DECAYS.size, 8)
    dims = ("weight_decay", "seed")
    axes = {"weight_decay": DECAYS, "seed": np.arange(8)}
    return xr.Dataset(
        {"grok_step": (dims, times), "memorized_step": (dims, np.full(times.shape, 200.0))}, axes
    )


def test_times_that_rise_at_each_modulus_are_told_from_a_modulus_that_never_groks():
    results = at_moduli()
    claim = moduli.test_larger_norms_grok_later_at_every_modulus
    assert verdict(claim, results) is Verdict.SUPPORTED
    results["grok_step"].loc[{"p": 31, "rho": 0.85, "arm": "clamp"}] = math.inf
    assert verdict(claim, results) is Verdict.REFUTED


def test_one_exponent_is_told_from_two():
    claim = moduli.test_one_exponent_serves_both_sides_of_the_free_norm
    assert verdict(claim, at_moduli()) is Verdict.SUPPORTED
    assert verdict(claim, at_moduli(below=5.5, above=8.7)) is Verdict.REFUTED
    made = moduli.EXPONENTIAL.apply(at_moduli(below=5.5, above=8.7))
    assert verdict(claim, made) is Verdict.SUPPORTED


def test_exponents_that_move_apart_are_told_from_those_that_stay():
    claim = moduli.test_the_exponent_falls_with_the_modulus_below_and_rises_above
    apart = xr.concat(
        [
            at_moduli(7.9, 7.7).sel(p=[31, 41]),
            at_moduli(6.8, 7.9).sel(p=[53, 59]),
            at_moduli(5.5, 8.7).sel(p=[71]),
        ],
        "p",
    )
    assert verdict(claim, apart) is Verdict.SUPPORTED
    assert verdict(claim, at_moduli()) is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("free", "unchanged", "faster"),
    [
        (1.0, Verdict.SUPPORTED, None),
        (1.3, Verdict.REFUTED, Verdict.SUPPORTED),
        (0.8, Verdict.REFUTED, Verdict.REFUTED),
    ],
)
def test_what_holding_the_free_norm_does_is_seen(free, unchanged, faster):
    results = at_moduli(free=free)
    assert verdict(moduli.test_holding_the_free_norm_changes_nothing, results) is unchanged
    if faster is not None:
        claim = moduli.test_holding_the_free_norm_is_faster_from_p_53_on
        assert verdict(claim, results) is faster


@pytest.mark.parametrize(
    ("memorized", "grokked", "expected"),
    [(60.0, 54.0, Verdict.SUPPORTED), (50.0, 54.0, Verdict.REFUTED)],
)
def test_a_norm_that_falls_is_told_from_one_that_rises(memorized, grokked, expected):
    results = with_norms(at_moduli(), memorized, grokked)
    claim = moduli.test_a_free_norm_falls_from_memorizing_to_grokking
    assert verdict(claim, results) is expected


@pytest.mark.parametrize(
    ("undone", "all_of_it", "little"),
    [
        (1.0, Verdict.SUPPORTED, Verdict.REFUTED),
        (0.5, Verdict.REFUTED, Verdict.REFUTED),
        (0.1, Verdict.REFUTED, Verdict.SUPPORTED),
    ],
)
def test_what_a_temperature_undoes_is_seen(undone, all_of_it, little):
    results = at_temperatures(undone)
    claim = temperatures.test_a_temperature_undoes_the_delay_of_a_larger_norm
    assert verdict(claim, results) is all_of_it
    claim = temperatures.test_a_temperature_does_little_under_squared_error
    assert verdict(claim, results) is little


def test_under_which_loss_a_temperature_undoes_more_is_seen():
    claim = temperatures.test_a_temperature_undoes_more_under_cross_entropy
    more, less = at_temperatures(1.0), at_temperatures(0.5)
    assert verdict(claim, {"temperature": more, "squared_error": less}) is Verdict.SUPPORTED
    assert verdict(claim, {"temperature": less, "squared_error": more}) is Verdict.REFUTED


@pytest.mark.parametrize(
    ("memorized", "expected"), [(1.1, Verdict.SUPPORTED), (1.25, Verdict.REFUTED)]
)
def test_what_a_temperature_does_to_memorizing_is_seen(memorized, expected):
    results = at_temperatures(1.0, memorized)
    claim = temperatures.test_a_temperature_leaves_memorizing_alone
    assert verdict(claim, results) is expected


@pytest.mark.parametrize(
    ("exponent", "expected"),
    [(-1.0, Verdict.SUPPORTED), (-0.6, Verdict.REFUTED), (-1.4, Verdict.REFUTED)],
)
def test_an_exponent_of_the_delay_is_seen(exponent, expected):
    claim = free_runs.test_the_delay_goes_as_one_over_weight_decay
    assert verdict(claim, at_decays(exponent)) is expected
