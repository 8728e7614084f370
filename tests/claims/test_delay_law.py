"""The claims on the delay law tell an exponential from what is none, on times that are made up."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from grokspec.claims.claim import evaluation
from grokspec.statistics.verdict import Verdict

ROOT = Path(__file__).parents[2]
RHO = np.array([0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25])
STEPS = np.unique(np.geomspace(1, 1e5, 400).astype(int))

GROWS = "test_time_to_grok_grows_with_the_norm"
ABOUT_LINEAR = "test_log_time_is_about_linear_in_the_norm"
LINEAR = "test_log_time_is_linear_in_the_norm"
IN_THE_MIDDLE = "test_log_time_rises_fastest_in_the_middle"


@pytest.fixture(scope="module")
def claims():
    path = ROOT / "claims/delay_law/test_released_runs.py"
    found = importlib.util.spec_from_file_location("delay_law", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def recorded(log_times):
    """16 runs at each ρ that grok about then, at one of the logged steps."""
    noise = 0.03 * np.random.default_rng(0).standard_normal((RHO.size, 16))
    exact = np.exp(np.asarray(log_times)[:, None] + noise)
    return xr.Dataset(
        {
            "grok_step": (("rho", "seed"), STEPS[np.searchsorted(STEPS, exact)].astype(float)),
            "status": (("rho", "seed"), np.full(exact.shape, "finished")),
        },
        {"rho": RHO, "seed": np.arange(16), "step": ("record", STEPS)},
    )


def exponential(slope=7.64):
    return recorded(8.3 + slope * (RHO - 1))


def s_curve():
    return recorded(8.3 + 7.64 * (RHO - 1) + 0.12 * np.sin(2 * math.pi * (RHO - 1.05) / 0.3))


def verdict(claims, name, results):
    with evaluation() as judged:
        getattr(claims, name)(results)
    return judged.finding.verdict


@pytest.mark.parametrize("name", [GROWS, ABOUT_LINEAR, LINEAR])
def test_times_that_are_exponential_support_that_they_are(claims, name):
    assert verdict(claims, name, exponential()) is Verdict.SUPPORTED


def test_times_that_are_exponential_are_no_s(claims):
    assert verdict(claims, IN_THE_MIDDLE, exponential()) is not Verdict.SUPPORTED


def test_an_s_is_about_linear_and_not_linear(claims):
    results = s_curve()
    assert verdict(claims, ABOUT_LINEAR, results) is Verdict.SUPPORTED
    assert verdict(claims, LINEAR, results) is Verdict.REFUTED
    assert verdict(claims, IN_THE_MIDDLE, results) is Verdict.SUPPORTED


@pytest.mark.parametrize("slope", [6.8, 8.5])
def test_another_slope_is_not_the_printed_one(claims, slope):
    assert verdict(claims, ABOUT_LINEAR, exponential(slope)) is Verdict.REFUTED


@pytest.mark.parametrize("name", [GROWS, ABOUT_LINEAR, LINEAR])
def test_one_run_that_never_groks_decides_nothing(claims, name):
    results = exponential()
    results["grok_step"][-1, 3] = math.inf
    assert verdict(claims, name, results) is Verdict.SUPPORTED


@pytest.mark.parametrize("name", [ABOUT_LINEAR, LINEAR])
def test_where_half_of_the_runs_never_grok_a_fit_is_left_open(claims, name):
    results = exponential()
    results["grok_step"][-1, ::2] = math.inf
    assert verdict(claims, name, results) is Verdict.INCONCLUSIVE


def test_times_that_are_made_exponential_are(claims):
    made = claims.EXPONENTIAL.apply(s_curve())
    assert verdict(claims, LINEAR, made) is Verdict.SUPPORTED
    assert np.isin(made["grok_step"], STEPS).all()
