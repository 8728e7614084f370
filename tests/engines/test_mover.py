"""Weights that move together in one vector, against the same weights one by one."""

import numpy as np
import pytest
import torch
from experiments import experiment

from grokspec.engines.autograd.mover import Mover
from grokspec.kinds import discover
from grokspec.optimizers.base import Optimizer

discover()
SHAPES = {"a": (5, 7), "b": (3,), "c": (1, 1), "d": (16, 2)}


def taken_steps(kind, *, elementwise, decays, monkeypatch, precision):
    """The weights after some steps, of runs that differ in their rates."""
    rule = Optimizer.alternatives[kind]
    monkeypatch.setattr(rule, "elementwise", elementwise)
    stack = [
        experiment(optimizer=rule(learning_rate=0.1 / (1 + decay), weight_decay=decay))
        for decay in decays
    ]
    source = torch.Generator().manual_seed(0)

    def drawn():
        return {
            name: torch.randn(len(stack), *shape, generator=source, dtype=precision)
            for name, shape in SHAPES.items()
        }

    weights = drawn()
    move = Mover(stack, weights)
    for _ in range(5):
        move(drawn())
    return weights


@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
@pytest.mark.parametrize("decays", [(0.1,), (0.1, 0.1), (0.0, 0.3, 0.1)])
@pytest.mark.parametrize(
    "kind", [k for k, rule in Optimizer.alternatives.items() if rule.elementwise]
)
def test_moving_all_weights_together_is_moving_each_bit_for_bit(
    kind, decays, precision, monkeypatch
):
    together, one_by_one = (
        taken_steps(
            kind,
            elementwise=elementwise,
            decays=decays,
            monkeypatch=monkeypatch,
            precision=precision,
        )
        for elementwise in (True, False)
    )
    assert all(torch.equal(together[name], weight) for name, weight in one_by_one.items())


def test_weights_start_where_the_cache_lines_do():
    weights = {name: torch.ones(2, *shape) for name, shape in SHAPES.items()}
    Mover([experiment(), experiment(seed=1)], weights)
    assert {w.data_ptr() % 64 for w in weights.values()} == {0}
    assert all(w.is_contiguous() for w in weights.values())


RULES = [k for k, rule in Optimizer.alternatives.items() if not rule.has_instances]
CHANGES = [([0.1, 0.1], [0.0, 0.0]), ([0.05, 0.05], [0.2, 0.2]), ([0.05, 0.02], [0.2, 0.1])]
"""What each of two runs is moved by: the same numbers, others, and each its own."""


def moved(optimizer, run=None):
    """The weights after steps by rates and decays that change, of both runs or of one alone."""
    runs = [0, 1] if run is None else [run]
    source = torch.Generator().manual_seed(0)

    def drawn():
        both = {
            n: torch.randn(2, *s, generator=source, dtype=torch.float64) for n, s in SHAPES.items()
        }
        return {name: tensor[runs] for name, tensor in both.items()}

    weights = drawn()
    described = {"learning_rate": CHANGES[0][0][0], **optimizer}
    move = Mover([experiment(optimizer=described, engine="autograd") for _ in runs], weights)
    for rates, decays in CHANGES:
        move.change(np.array(rates)[runs], np.array(decays)[runs])
        for _ in range(3):
            move(drawn())
    return weights


def torch_rule(name, **arguments):
    return {"kind": "torch", "class": f"torch.optim:{name}", "arguments": arguments}


@pytest.mark.parametrize(
    "optimizer",
    [*({"kind": kind} for kind in RULES), torch_rule("NAdam"), torch_rule("SGD", momentum=0.9)],
    ids=lambda optimizer: optimizer.get("class", optimizer["kind"]),
)
def test_runs_whose_numbers_change_move_as_each_alone(optimizer):
    together = moved(optimizer)
    for run in (0, 1):
        for name, weight in moved(optimizer, run).items():
            torch.testing.assert_close(together[name][run], weight[0], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("kind", "peer", "settings"), [("momentum", "SGD", {"momentum": 0.9}), ("adamw", "AdamW", {})]
)
def test_numbers_change_as_in_the_groups_of_torch(kind, peer, settings):
    ours, theirs = moved({"kind": kind}), moved(torch_rule(peer, **settings))
    for name, weight in ours.items():
        torch.testing.assert_close(weight, theirs[name], rtol=1e-10, atol=1e-12)


def test_a_captured_step_goes_on_until_equal_runs_become_different():
    weights = {name: torch.ones(2, *shape) for name, shape in SHAPES.items()}
    move = Mover([experiment(engine="autograd"), experiment(engine="autograd", seed=1)], weights)
    assert [move.change(rate=np.array(r)) for r in ([0.1, 0.1], [0.1, 0.2], [0.3, 0.2])] == [
        True,
        False,
        True,
    ]
