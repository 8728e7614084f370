"""Weights that move together in one vector, against the same weights one by one."""

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
