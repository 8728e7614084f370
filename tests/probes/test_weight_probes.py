"""Probes of weights by name: norms, ranks, hidden units, spectra."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy.stats import entropy
from taken import MODULUS, at_start, initial, network

from grokspec.engines.base import engine_of
from grokspec.errors import GrokspecError
from grokspec.probes.effective_rank import effective_rank, singular_values, stable_rank
from grokspec.probes.fourier import participations, powers

LAYER = {"incoming": "weight_1", "outgoing": "weight_2"}
DATA, WEIGHTS = initial(network("total_norm"))


def test_norms_are_those_of_each_weight_and_of_all_together():
    taken = at_start("layer_norms", "total_norm")
    norms = {name: np.linalg.norm(weight) for name, weight in WEIGHTS.items()}
    assert {name: taken[f"norm_of_{name}"] for name in WEIGHTS} == pytest.approx(norms)
    every = np.concatenate([weight.ravel() for weight in WEIGHTS.values()])
    assert taken["total_norm"] == pytest.approx(np.linalg.norm(every))


def test_norms_of_inputs_are_those_of_the_columns_of_each_matrix():
    taken = at_start("input_norms")
    for name in ("weight_1", "weight_2"):
        columns = np.linalg.norm(WEIGHTS[name], axis=0)
        np.testing.assert_allclose(taken[f"input_norms_of_{name}"], columns)
    assert "input_norms_of_bias_1" not in taken


def test_only_the_weights_that_are_named_are_taken():
    described = network({"kind": "layer_norms", "weights": ["bias_2"]})
    assert described.quantities == {"norm_of_bias_2"}


@pytest.mark.parametrize(
    ("probe", "message"),
    [
        ({"kind": "layer_norms", "weights": ["weight_3"]}, 'no weight "weight_3"; did you mean'),
        ({"kind": "effective_rank", "weights": ["bias_1"]}, '"bias_1" is a vector'),
        ({"kind": "neuron_norms", "incoming": "bias_1"}, '"bias_1" is a vector'),
        (
            {"kind": "neuron_norms", "incoming": "weight_2", "outgoing": "weight_1"},
            '7 units by "weight_2" and 14 by "weight_1"',
        ),
        ({"kind": "fourier", "weight": "weight_1", "axis": "rows"}, "6 rows, fewer than the 7"),
        ({"kind": "fourier", "weight": "bias_2"}, r"has the shape \[7\]"),
        ({"kind": "fourier", "weight": "embedding"}, 'no weight "embedding"'),
    ],
)
def test_a_weight_that_does_not_fit_is_refused_when_the_spec_is_read(probe, message):
    with pytest.raises(ValidationError, match=message):
        network(probe)


MODULE = {"kind": "module", "class": "torch.nn:Linear"}
MODULE["arguments"] = {"in_features": 2 * MODULUS, "out_features": MODULUS}


def test_weights_of_a_module_are_known_once_it_is_built():
    described = network("layer_norms", model=MODULE)
    assert described.quantities is None
    (history,) = engine_of(described).train([described], "cpu")
    assert set(history.quantities) == {"norm_of_weight", "norm_of_bias"}
    wrong = network({"kind": "layer_norms", "weights": ["weight_1"]}, model=MODULE)
    with pytest.raises(GrokspecError, match='probe "layer_norms": the model has no weight'):
        engine_of(wrong).train([wrong], "cpu")


def test_effective_rank_is_the_exponential_of_the_entropy_of_singular_values():
    taken = at_start("effective_rank")
    for name in ("weight_1", "weight_2"):
        lengths = np.linalg.svd(WEIGHTS[name], compute_uv=False)
        assert taken[f"effective_rank_of_{name}"] == pytest.approx(np.exp(entropy(lengths)))
        stable = np.sum(WEIGHTS[name] ** 2) / np.linalg.norm(WEIGHTS[name], 2) ** 2
        assert taken[f"stable_rank_of_{name}"] == pytest.approx(stable)


def test_ranks_of_a_projection_are_its_dimension_at_any_scale():
    projection = torch.zeros(4, 5, 6, dtype=torch.float64)
    projection[:, :3, :3] = torch.eye(3)
    scales = torch.tensor([1.0, 1e-200, 1e200, 0.0], dtype=torch.float64)[:, None, None]
    lengths = singular_values(scales * projection)
    assert effective_rank(lengths).tolist() == pytest.approx([3, 3, 3, 0])
    assert stable_rank(lengths).tolist() == pytest.approx([3, 3, 3, 0])


def test_norms_of_units_are_those_of_rows_in_and_columns_out():
    taken = at_start({"kind": "neuron_norms", **LAYER})
    into = np.linalg.norm(WEIGHTS["weight_1"], axis=1)
    out = np.linalg.norm(WEIGHTS["weight_2"], axis=0)
    assert taken["incoming_norms_of_weight_1"] == pytest.approx(into)
    assert taken["outgoing_norms_of_weight_2"] == pytest.approx(out)


def test_spectra_are_those_of_the_blocks_of_a_first_layer():
    taken = at_start({"kind": "fourier", "weight": "weight_1", "largest": 2})
    blocks = np.split(WEIGHTS["weight_1"], 2, axis=1)
    full = np.stack([np.abs(np.fft.fft(b)) ** 2 / MODULUS for b in blocks], 1)
    power = full[..., :4].copy()
    power[..., 1:] += full[..., :3:-1]
    total = power.sum((0, 1))
    assert taken["fourier_power_of_weight_1"] == pytest.approx(total)
    assert total.sum() == pytest.approx(np.sum(WEIGHTS["weight_1"] ** 2))
    share = np.sort(total[1:])[-2:].sum() / total[1:].sum()
    assert taken["fourier_share_of_weight_1"] == pytest.approx(share)
    periodic = power[..., 1:]
    ratio = (periodic**2).sum(-1) / periodic.sum(-1) ** 2
    assert taken["participation_of_weight_1"] == pytest.approx(ratio.mean(1))
    assert taken["mean_participation_of_weight_1"] == pytest.approx(ratio.mean())


def test_a_spectrum_along_rows_leaves_out_the_token_that_is_no_residue():
    tokens = {"task__inputs": "tokens", "model": {"kind": "transformer", "width": 4}}
    tokens["model"] |= {"mlp_width": 5, "heads": 1}
    probe = {"kind": "fourier", "weight": "token", "axis": "rows"}
    drawn = initial(network(probe, **tokens))[1]["token"]
    assert len(drawn) == MODULUS + 1
    full = (np.abs(np.fft.fft(drawn[:-1], axis=0)) ** 2).sum(1) / MODULUS
    taken = at_start(probe, **tokens)["fourier_power_of_token"]
    assert taken == pytest.approx([full[0], *2 * full[1:4]])


@pytest.mark.parametrize("period", [8, 9])
def test_a_cosine_has_all_its_power_at_its_frequency_and_participation_one(period):
    angle = 2 * torch.pi * torch.arange(period, dtype=torch.float64) / period
    waves = torch.stack([2 + torch.cos(3 * angle + phase) for phase in (0.0, 0.4, 2.0)])
    power = powers(torch.cat([waves, torch.zeros(1, period)])[None], period)[:, :, 0]
    assert power[0, :3, 1:].argmax(-1).tolist() == [2, 2, 2]
    ratios, alive = participations(power[..., None, 1:])
    assert ratios.flatten().tolist() == pytest.approx([1, 1, 1, 0])
    assert alive.flatten().tolist() == [True, True, True, False]


def test_power_at_half_an_even_period_counts_once():
    flips = (-1.0) ** torch.arange(6, dtype=torch.float64)
    assert powers(flips[None, None], 6).sum().item() == pytest.approx(6)
