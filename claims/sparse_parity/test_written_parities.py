"""Networks that are written down for the parity of k signs (Merrill et al., §5).

Each is judged on all 2ᵏ patterns, for k = 1 to 6. Nothing is trained.
"""

import numpy as np
import xarray as xr

from grokspec.claims import claim
from grokspec.claims.controls import instead
from grokspec.statistics import agreement
from grokspec.statistics.finding import all_of
from grokspec.theory.parity import (
    parity,
    patterns,
    two_units_for_each_step,
    unit_for_each_pattern,
    unit_for_each_slope,
    unit_for_each_step,
)

SIGNS = range(1, 7)

ROUNDING = 1e-12


def outputs_are_parities(write):
    """The outputs of a network on all patterns against the product of their signs."""
    inputs = [patterns(signs) for signs in SIGNS]
    outputs = np.concatenate([write(len(each.T)).outputs(each) for each in inputs])
    expected = np.concatenate([parity(each) for each in inputs])
    return agreement(
        xr.DataArray(outputs, dims="pattern", name="output"),
        xr.DataArray(expected, dims="pattern", name="parity"),
        atol=ROUNDING,
    )


def number_of_units_is(write, number):
    """The units that a network has against how many it should."""
    has = [float(write(signs).units) for signs in SIGNS]
    return agreement(
        xr.DataArray(has, dims="signs", name="units"),
        xr.DataArray([float(number(signs)) for signs in SIGNS], dims="signs", name="number"),
        atol=0,
    )


@claim(
    "M06",
    "Merrill et al., §5",
    given=unit_for_each_pattern,
    control=instead("with a unit for each step", unit_for_each_step),
)
def test_two_to_the_k_units(given):
    """2ᵏ ReLU units compute the parity of k signs, each on a pattern of its own."""
    assert all_of(outputs_are_parities(given), number_of_units_is(given, lambda k: 2**k))


@claim(
    "M06",
    "Merrill et al., §5",
    given=two_units_for_each_step,
    control=instead("with a unit for each pattern", unit_for_each_pattern),
)
def test_six_relu_units(given):
    """2k ReLU units compute the parity of k signs: six that of three."""
    assert all_of(outputs_are_parities(given), number_of_units_is(given, lambda k: 2 * k))


@claim(
    "M06",
    "Merrill et al., §5",
    given=unit_for_each_step,
    control=instead("with two units for each step", two_units_for_each_step),
)
def test_four_threshold_units(given):
    """k + 1 threshold units compute the parity of k signs: four that of three."""
    assert all_of(outputs_are_parities(given), number_of_units_is(given, lambda k: k + 1))


@claim(
    "M06",
    "our own, on Merrill et al., §5",
    given=unit_for_each_slope,
    control=instead("with two units for each step", two_units_for_each_step),
)
def test_three_relu_units(given):
    """k ReLU units and a bias of the readout compute the parity of k signs: three that of three."""
    assert all_of(outputs_are_parities(given), number_of_units_is(given, lambda k: k))
