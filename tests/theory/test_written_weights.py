"""The weights of Gromov (2023), written down, against sums by hand and integrals over phases."""

import math

import numpy as np
import pytest

from grokspec.theory.written_weights import (
    Waves,
    derived_scale,
    drawn_waves,
    off_peak_size,
    outputs_of_all_pairs,
    peak_factor,
    printed_scale,
    written_weights,
)

P, WIDTH = 7, 40


def drawn(**kwargs):
    return drawn_waves(P, WIDTH, np.random.default_rng(3), **kwargs)


def test_outputs_are_the_sums_that_the_formulas_say():
    waves = drawn()
    n, m, q = 2, 6, 4
    turn = 2 * math.pi / P
    expected = 0.0
    for s, first, second, output in zip(*waves, strict=True):
        hidden = math.cos(turn * s * n + first) + math.cos(turn * s * m + second)
        expected += hidden**2 * math.cos(turn * s * q + output) / 9

    outputs = outputs_of_all_pairs(*written_weights(waves, P), factor=1 / 9)

    assert outputs[n, m, q] == pytest.approx(expected)


def test_phases_are_tied_only_if_asked_for():
    tied, free = drawn(), drawn(tied=False)

    assert tied.output == pytest.approx(tied.first + tied.second)
    assert not np.allclose(free.output, free.first + free.second)
    assert set(tied.frequency) == set(range(P))


def over_all_phases():
    """One unit for each frequency and pair of 16 even phases, which averages exactly."""
    phases = 2 * np.pi * np.arange(16) / 16
    s, first, second = (grid.ravel() for grid in np.meshgrid(np.arange(P), phases, phases))
    return Waves(s, first, second, first + second)


def test_averaged_over_phases_only_the_right_answer_is_left():
    weights = written_weights(over_all_phases(), P)
    outputs = outputs_of_all_pairs(*weights, peak_factor(len(weights[0])))

    right = np.add.outer(np.arange(P), np.arange(P)) % P
    assert outputs == pytest.approx(np.eye(P)[right], abs=1e-12)


def test_size_of_wrong_outputs_is_that_of_the_terms_averaged_over_phases():
    incoming, outgoing = written_weights(over_all_phases(), P)
    n, m, q = 1, 3, 6
    terms = (incoming[:, n] + incoming[:, P + m]) ** 2 * outgoing[q]
    width = 50
    root_mean_square = (width * (terms**2).mean()) ** 0.5

    assert off_peak_size(width) == pytest.approx(root_mean_square / (width / 2))


def test_only_the_derived_scale_makes_three_weights_the_peak_factor():
    assert derived_scale(WIDTH) ** 3 == pytest.approx(peak_factor(WIDTH))
    assert printed_scale(WIDTH) ** 3 == pytest.approx(1 / peak_factor(WIDTH))
