"""Weights that solve addition modulo p, written down (Gromov 2023, Eq. 8–14; Doshi et al., Eq. 2).

Nothing is trained. What varies between seeds is the draw of frequencies and phases, so an interval
is one of the median over draws. Thresholds were set on draws 0 to 11, the claims are judged on
draws 200 to 211; p = 23 throughout.
"""

import numpy as np
import xarray as xr

from grokspec.claims.claim import claim
from grokspec.claims.controls import instead
from grokspec.statistics import estimate, power_law, ratio, trend
from grokspec.statistics.finding import all_of
from grokspec.theory.written_weights import (
    derived_scale,
    drawn_waves,
    off_peak_size,
    outputs_of_all_pairs,
    peak_factor,
    printed_scale,
    written_weights,
)

MODULUS = 23
DRAWS = range(200, 212)
WIDTHS = [50, 200, 800]
LARGE = 400  # units with which accuracy is to be complete
CHANCE = 3 / MODULUS  # three times that of guessing


def outputs(draw, width, tied=True, scale=1.0, factor=None):
    """The outputs [n, m, q] of one draw of the written-down weights, each times ``scale``."""
    waves = drawn_waves(MODULUS, width, np.random.default_rng([draw, width]), tied=tied)
    incoming, outgoing = (scale * weight for weight in written_weights(waves, MODULUS))
    return outputs_of_all_pairs(
        incoming, outgoing, peak_factor(width) if factor is None else factor
    )


def right_classes():
    """The sum of each pair [n, m]."""
    return np.add.outer(np.arange(MODULUS), np.arange(MODULUS)) % MODULUS


def over_draws(of_one, name, widths=WIDTHS):
    """A number of one draw and width, for all of them; draws are the seeds."""
    values = [[of_one(draw, width) for draw in DRAWS] for width in widths]
    axes = {"width": [float(width) for width in widths], "seed": list(DRAWS)}
    return xr.DataArray(values, axes, ("width", "seed"), attrs={"long_name": name})


def accuracy(tied):
    """The share of pairs that one draw solves."""

    def of_one(draw, width):
        return (outputs(draw, width, tied).argmax(-1) == right_classes()).mean()

    return of_one


def off_peak(tied):
    """The root mean square at wrong q over the mean output at the right one."""

    def of_one(draw, width):
        out = outputs(draw, width, tied)
        right = right_classes()[..., None] == np.arange(MODULUS)
        return (out[~right] ** 2).mean() ** 0.5 / out[right].mean()

    return of_one


def peak(scale_of):
    """The mean output at the right q with this factor on every weight, and none on the output."""

    def of_one(draw, width):
        out = outputs(draw, width, scale=scale_of(width), factor=1.0)
        return np.take_along_axis(out, right_classes()[..., None], axis=-1).mean()

    return of_one


UNTIED = "φ₃ drawn at random, not φ₁ + φ₂"


@claim(
    "G02",
    "Gromov §3, Eq. 8–14",
    given=accuracy(tied=True),
    control=instead(UNTIED, accuracy(tied=False)),
)
def test_written_weights_solve_every_pair(given):
    """With 400 units, random frequencies and phases with φ₃ = φ₁ + φ₂ solve every pair."""
    found = over_draws(given, f"accuracy at N = {LARGE}", [LARGE]).isel(width=0)

    assert estimate(found).above(0.99)  # five pairs of 529 may be wrong


@claim(
    "G02",
    "Gromov §3, our reading of its large N",
    given=accuracy(tied=True),
    control=instead(UNTIED, accuracy(tied=False)),
)
def test_written_weights_get_better_with_width(given):
    """The wider the network, the more pairs the written-down weights solve."""
    assert trend(over_draws(given, "accuracy", [10, 20, 40, 80]), along="width").increases


@claim(
    "G04",
    "Gromov Eq. 12",
    given=accuracy(tied=False),
    control=instead("φ₃ = φ₁ + φ₂", accuracy(tied=True)),
)
def test_free_phases_solve_nothing(given):
    """Without φ₃ = φ₁ + φ₂ the same waves answer no better than three times chance, at any N."""
    assert estimate(over_draws(given, "accuracy with free phases")).below(CHANCE)


@claim(
    "G03",
    "Gromov Eq. 14",
    given=off_peak(tied=True),
    control=instead(UNTIED, off_peak(tied=False)),
)
def test_wrong_outputs_shrink_as_one_over_the_root_of_width(given):
    """The outputs at wrong answers, over that at the right one, shrink as N^(−1/2)."""
    sizes = over_draws(given, "size of wrong outputs over the right one")

    assert power_law(sizes, along="width").within(-0.55, -0.45)


@claim(
    "G03",
    "Gromov Eq. 14, our finding",
    given=off_peak_size,
    control=instead("one over √N", lambda width: width**-0.5),
)
def test_wrong_outputs_have_the_size_that_we_derive(given):
    """That size is 3/√(2N)."""
    sizes = over_draws(off_peak(tied=True), "size of wrong outputs over the right one")
    derived = xr.DataArray([given(width) for width in WIDTHS], {"width": sizes["width"]}, "width")

    assert ratio(sizes, derived).within(0.8, 1.25)


@claim(
    "D05",
    "Doshi et al., Eq. 2",
    given=printed_scale,
    expected="refuted",  # it is N²/4: the exponent has the wrong sign
    positive_control=instead("(2/N)^(1/3)", derived_scale),
)
def test_printed_factor_gives_outputs_of_order_one(given):
    """With the printed factor (2/N)^(−1/3) on every weight, the right output is about one."""
    found = over_draws(peak(given), "output at the right answer", [200, 800])

    assert estimate(found).within(0.8, 1.25)


@claim(
    "D05",
    "Doshi et al., Eq. 2, our correction",
    given=derived_scale,
    control=instead("(2/N)^(−1/3)", printed_scale),
)
def test_reciprocal_factor_gives_outputs_of_order_one(given):
    """With the reciprocal, (2/N)^(1/3), it is."""
    found = over_draws(peak(given), "output at the right answer", [200, 800])

    assert all_of(
        estimate(found).within(0.8, 1.25),
        estimate(found.sel(width=800.0)).within(0.9, 1.1),
    )
