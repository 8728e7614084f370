"""The relation of phases in weights that were written down, and by hand in random ones."""

import numpy as np
import pytest
import torch
from taken import MODULUS, at_start, initial, network

from grokspec.probes.phase_relation import phase_relation
from grokspec.theory.written_weights import drawn_waves, written_weights

PROBE = {"kind": "phase_relation", "incoming": "weight_1", "outgoing": "weight_2"}


def of_waves(shift):
    """The relation where φ₁ + φ₂ − φ₃ is ``shift`` in every unit."""
    waves = drawn_waves(MODULUS, 20, np.random.default_rng(1))
    waves = waves._replace(frequency=1 + waves.frequency % (MODULUS - 1))
    incoming, outgoing = written_weights(waves._replace(output=waves.output - shift), MODULUS)
    return phase_relation(torch.from_numpy(incoming)[None], torch.from_numpy(outgoing.T)[None])


@pytest.mark.parametrize("shift", [0.0, 0.7, np.pi])
def test_it_is_the_cosine_of_what_the_phases_of_waves_differ_by(shift):
    assert of_waves(shift).item() == pytest.approx(np.cos(shift))


def test_each_unit_counts_at_its_own_strongest_frequency():
    _, weights = initial(network("loss"))
    cosines = []
    for row, out in zip(weights["weight_1"], weights["weight_2"].T, strict=True):
        waves = [np.fft.rfft(each)[1:] for each in (row[:MODULUS], row[MODULUS:], out)]
        power = sum(abs(wave) ** 2 / (abs(wave) ** 2).sum() for wave in waves)
        first, second, output = (np.angle(wave[power.argmax()]) for wave in waves)
        cosines.append(np.cos(first + second - output))

    assert at_start(PROBE)["phase_relation"] == pytest.approx(np.mean(cosines))


def test_units_without_a_wave_do_not_count():
    nothing = torch.zeros(1, 4, 2 * MODULUS)
    assert phase_relation(nothing, nothing[..., :MODULUS]).tolist() == [0]


def test_a_layer_without_outgoing_weights_is_refused():
    with pytest.raises(ValueError, match="name the weights out of the layer"):
        network({name: value for name, value in PROBE.items() if name != "outgoing"})
