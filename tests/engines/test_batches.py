"""Which examples a step is taken on."""

import numpy as np
import pytest
import torch
from experiments import experiment
from pydantic import ValidationError

from grokspec.engines.autograd.batches import Batches
from grokspec.engines.autograd.network import Network

EXAMPLES, SIZE, SEEDS = 20, 6, (3, 4)


def chosen(steps, seeds=SEEDS, skipped=0, **training):
    """The numbers of the examples of each step, [step, run, example]."""
    runs = [
        experiment(
            task={"kind": "polynomial", "inputs": 6, "train": EXAMPLES, "test": 10},
            model={"kind": "perceptron", "hidden": [2]},
            training={"steps": 1, "batch": SIZE, **training},
            record={"probes": ["loss"]},
            seed=seed,
        )
        for seed in seeds
    ]
    network = Network(runs, torch.device("cpu"))
    batches = Batches(network)
    batches.prepare(skipped)
    targets = network.train_targets()
    found = []
    for _, (_, own) in zip(range(steps), batches, strict=False):
        same = own[:, :, None, 0] == targets[:, None, :, 0]
        assert (same.sum(-1) == 1).all()
        found.append(same.double().argmax(-1).numpy())
    return np.array(found)


def test_an_epoch_has_no_example_twice_and_drops_what_fills_no_batch():
    epoch = chosen(EXAMPLES // SIZE)
    for run in range(len(SEEDS)):
        assert len(set(epoch[:, run].ravel())) == EXAMPLES // SIZE * SIZE


def test_with_replacement_examples_come_as_often_as_by_chance():
    """In a batch of 6 of 20, one comes twice at least with the probability 1 − 20!/(14! 20⁶)."""
    drawn = chosen(2000, batches="replacement")
    twice = np.mean([len(set(batch)) < SIZE for step in drawn for batch in step])
    none = np.prod(1 - np.arange(SIZE) / EXAMPLES)
    assert twice == pytest.approx(1 - none, abs=0.03)
    often = np.bincount(drawn.ravel(), minlength=EXAMPLES) / drawn.size
    np.testing.assert_allclose(often, 1 / EXAMPLES, rtol=0.1)


@pytest.mark.parametrize("batches", ["epochs", "replacement"])
def test_a_run_draws_the_same_alone_and_in_company(batches):
    together = chosen(5, batches=batches)
    for run, seed in enumerate(SEEDS):
        np.testing.assert_array_equal(together[:, run], chosen(5, [seed], batches=batches)[:, 0])
    assert (together[:, 0] != together[:, 1]).any()


@pytest.mark.parametrize("batches", ["epochs", "replacement"])
def test_what_is_skipped_is_what_would_have_come(batches):
    whole = chosen(9, batches=batches)
    np.testing.assert_array_equal(whole[5:], chosen(4, skipped=5, batches=batches))


def test_replacement_needs_the_size_of_a_batch():
    with pytest.raises(ValidationError, match="so it needs batch, the number of these"):
        experiment(training={"steps": 1, "batches": "replacement"})
