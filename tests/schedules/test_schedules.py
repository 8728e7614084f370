"""Schedules, against torch.optim.lr_scheduler."""

import numpy as np
import pytest
import torch
from experiments import experiment
from pydantic import ValidationError
from torch.optim import lr_scheduler as peers

from grokspec.engines.autograd.mover import Mover
from grokspec.engines.autograd.numbers import BLOCK
from grokspec.engines.autograd.training import StackTraining
from grokspec.kinds import discover
from grokspec.schedules.base import Schedule
from grokspec.schedules.constant import Constant
from grokspec.schedules.cosine import Cosine
from grokspec.schedules.inverse_root import InverseRoot
from grokspec.schedules.linear import LinearDecline
from grokspec.schedules.step import StepDecline

discover()
STEPS = 60
EXAMPLES = {
    "constant": Constant(),
    "linear": LinearDecline(final=0.2),
    "cosine": Cosine(final=0.1),
    "step": StepDecline(every=7, factor=0.5),
    "inverse_root": InverseRoot(scale=9),
}
LENGTH = STEPS - 10
PEERS = {
    "constant": lambda o: peers.LambdaLR(o, lambda step: 1.0),
    "linear": lambda o: peers.LinearLR(o, 1.0, 0.2, LENGTH),
    "cosine": lambda o: peers.CosineAnnealingLR(o, LENGTH, eta_min=0.1),
    "step": lambda o: peers.StepLR(o, 7, gamma=0.5),
    "inverse_root": lambda o: peers.LambdaLR(o, lambda step: (9 / (9 + step)) ** 0.5),
}


def rates_of(scheduler, optimizer):
    found = []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def a_rule():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)


def test_every_schedule_has_a_peer():
    assert EXAMPLES.keys() == PEERS.keys() == Schedule.alternatives.keys()


@pytest.mark.parametrize("kind", EXAMPLES)
@pytest.mark.filterwarnings("ignore:The epoch parameter")
def test_a_schedule_after_its_warmup_is_that_of_torch(kind):
    optimizer = a_rule()
    warmup = peers.LinearLR(optimizer, start_factor=0.25, total_iters=10)
    both = peers.SequentialLR(optimizer, [warmup, PEERS[kind](optimizer)], milestones=[10])
    schedule = EXAMPLES[kind].model_copy(update={"warmup": 10, "warmup_from": 0.25})
    factors = schedule.factors(np.arange(STEPS), STEPS)
    np.testing.assert_allclose(factors, rates_of(both, optimizer), rtol=1e-10, atol=1e-12)


def test_listed_steps_are_those_of_torch():
    optimizer = a_rule()
    expected = rates_of(peers.MultiStepLR(optimizer, [30, 5, 31], gamma=0.3), optimizer)
    found = StepDecline(at=[30, 5, 31], factor=0.3).factors(np.arange(STEPS), STEPS)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_warmup_of_power_et_al_starts_at_zero():
    found = Constant(warmup=10).factors(np.arange(12), 100)
    np.testing.assert_allclose(found, [*np.arange(10) / 10, 1, 1])


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_schedule_says_whether_it_depends_on_the_length(kind):
    steps, schedule = np.arange(STEPS), EXAMPLES[kind]
    differs = not np.allclose(schedule.factors(steps, STEPS), schedule.factors(steps, 3 * STEPS))
    assert schedule.depends_on_length == differs


@pytest.mark.parametrize("kind", ["linear", "cosine"])
def test_a_decline_in_so_many_steps_does_not_depend_on_the_length(kind):
    schedule = EXAMPLES[kind].model_copy(update={"steps": 20})
    assert not schedule.depends_on_length
    first, second = (schedule.factors(np.arange(STEPS), length) for length in (STEPS, 999))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first[20:], schedule.final)


@pytest.mark.parametrize("written", [{"kind": "step"}, {"kind": "step", "every": 5, "at": [5]}])
def test_steps_are_either_equally_far_or_listed(written):
    with pytest.raises(ValidationError, match="needs either every, a number of steps, or at"):
        experiment(optimizer__schedule=written)


def test_an_inverse_root_has_a_scale_or_a_warmup():
    with pytest.raises(ValidationError, match="without a warm-up, needs a scale"):
        InverseRoot()
    assert InverseRoot(warmup=10).factors(np.array([40]), 99) == pytest.approx(0.5)


OWN = [
    {"kind": "gradient_descent"},
    {"kind": "adamw"},
    {"kind": "torch", "class": "torch.optim:AdamW"},
    {"kind": "torch", "class": "torch.optim:SGD"},
]


def trained(*runs, optimizer, steps=12):
    """The weights of runs after some steps; a run is what its optimizer has of its own."""
    shared = {"learning_rate": 0.05, "weight_decay": 0.2, "rate_over_alpha_squared": True}
    stack = [
        experiment(
            model={"kind": "perceptron", "hidden": [5], "activation": "tanh", "alpha": 2.0},
            optimizer={**shared, **optimizer, **own},
            training__steps=steps,
            record__probes=["loss"],
            engine="autograd",
        )
        for own in runs
    ]
    training = StackTraining(stack, torch.device("cpu"))
    with torch.no_grad():
        for _ in range(steps):
            training.step()
    return training.network.weights


@pytest.mark.parametrize("optimizer", OWN, ids=lambda o: o.get("class", o["kind"]))
def test_runs_of_different_schedules_train_as_each_alone(optimizer):
    runs = [
        {
            "schedule": {"kind": "cosine", "warmup": warmup, "final": 0.1},
            "decay_schedule": {"kind": "linear", "final": final},
        }
        for warmup, final in ((2, 0.5), (5, 0.0))
    ]
    together = trained(*runs, optimizer=optimizer)
    for position, run in enumerate(runs):
        for name, weight in trained(run, optimizer=optimizer).items():
            torch.testing.assert_close(together[name][position], weight[0], rtol=1e-12, atol=1e-14)


def test_a_rule_of_torch_is_scheduled_as_that_of_grokspec():
    schedules = {"schedule": {"kind": "cosine"}, "decay_schedule": {"kind": "step", "every": 4}}
    found = [trained(schedules, optimizer=optimizer) for optimizer in (OWN[1], OWN[2])]
    for name, weight in found[0].items():
        torch.testing.assert_close(weight, found[1][name], rtol=1e-10, atol=1e-12)


def test_a_schedule_with_the_factor_one_changes_nothing():
    first, second = (
        trained(own, optimizer=OWN[1]) for own in ({}, {"schedule": {"kind": "constant"}})
    )
    assert all(torch.equal(weight, second[name]) for name, weight in first.items())


def test_the_rate_follows_its_schedule_from_block_to_block_and_after_a_change():
    seen = []
    weights = {"a": torch.ones(1, 3, dtype=torch.float64)}
    described = {"kind": "gradient_descent", "learning_rate": 0.5, "schedule": {"kind": "linear"}}
    move = Mover([experiment(optimizer=described, training__steps=3000)], weights)
    for step in range(2 * BLOCK + 5):
        if step == BLOCK + 3:
            move.change(rate=np.array([2.0]))
        move.advance()
        before = weights["a"].clone()
        move({"a": torch.ones(1, 3, dtype=torch.float64)})
        seen.append((before - weights["a"])[0, 0].item())
    line = 1 - np.arange(2 * BLOCK + 5) / 3000
    base = np.where(np.arange(2 * BLOCK + 5) < BLOCK + 3, 0.5, 2.0)
    np.testing.assert_allclose(seen, base * line, rtol=1e-9)
