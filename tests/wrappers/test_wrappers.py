"""Wrappers, against the formulas of their authors written out for one network in torch."""

import json
import zlib
from collections import deque

import pytest
import torch
from experiments import experiment
from torch import nn

from grokspec.engines.autograd.training import StackTraining
from grokspec.engines.base import engine_of
from grokspec.kinds import discover
from grokspec.rng import generator
from grokspec.spec.runs import identity
from grokspec.wrappers.base import Wrapper
from grokspec.wrappers.gradient_noise import GradientNoise

discover()
STEPS, RATE = 9, 0.05


def clip_norm(parameters, memory, max_norm):
    nn.utils.clip_grad_norm_(parameters, max_norm)


def clip_value(parameters, memory, max_value):
    nn.utils.clip_grad_value_(parameters, max_value)


def grokfast_ema(parameters, memory, momentum, lamb):
    for place, p in enumerate(parameters):
        mean = memory.get(place, p.grad)
        memory[place] = mean * momentum + p.grad * (1 - momentum)
        p.grad = p.grad + memory[place] * lamb


def grokfast_ma(parameters, memory, window, lamb, average="mean", warmup=True):
    for place, p in enumerate(parameters):
        last = memory.setdefault(place, deque(maxlen=window))
        last.append(p.grad.clone())
        if not warmup or len(last) == window:
            total = sum(last)
            p.grad = p.grad + lamb * (total / len(last) if average == "mean" else total)


def orthogonal_gradient(parameters, memory, across="each", rescale=True):
    groups = [[p] for p in parameters] if across == "each" else [parameters]
    for group in groups:
        w = torch.cat([p.detach().view(-1) for p in group])
        g = torch.cat([p.grad.view(-1) for p in group])
        left = g - torch.dot(w, g) / (torch.dot(w, w) + 1e-30) * w
        if len(w) == 1:
            left = torch.zeros_like(g)
        elif rescale:
            left = left * (g.norm(2) / (left.norm(2) + 1e-30))
        for p, part in zip(group, left.split([p.numel() for p in group]), strict=True):
            p.grad = part.view_as(p)


def gradient_noise(parameters, memory, variance, annealing, name, seed):
    step = memory.setdefault("step", 0)
    memory["step"] += 1
    drawn = generator(seed, "gradient_noise", zlib.crc32(name.encode()), step)
    for p in parameters:
        noise = torch.from_numpy(drawn.standard_normal(p.numel())).view_as(p)
        p.grad = p.grad + (variance / (1 + step) ** annealing) ** 0.5 * noise


EXAMPLES = {
    "clip_norm": [{"max_norm": 0.3}, {"max_norm": 0.01}],
    "clip_value": [{"max_value": 0.02}, {"max_value": 0.1}],
    "grokfast_ema": [{"momentum": 0.9, "lamb": 2.0}, {"momentum": 0.5, "lamb": 3.0}],
    "grokfast_ma": [{"window": 4, "lamb": 0.5}, {"window": 4, "lamb": 1.5}],
    "grokfast_ma, sum": [
        {"window": 3, "lamb": 0.5, "average": "sum", "warmup": False},
        {"window": 3, "lamb": 0.1, "average": "sum", "warmup": False},
    ],
    "grokfast_ma, from the first": [{"window": 6, "lamb": 0.5, "warmup": False}] * 2,
    "orthogonal_gradient": [{}, {}],
    "orthogonal_gradient, Eq. 12": [{"across": "all", "rescale": False}] * 2,
    "orthogonal_gradient, all rescaled": [{"across": "all"}] * 2,
    "orthogonal_gradient, not rescaled": [{"rescale": False}] * 2,
    "gradient_noise": [
        {"variance": 0.01, "annealing": 0.55},
        {"variance": 0.04, "annealing": 0.0},
    ],
}
"""The settings of two runs of a stack, by the kind."""


def kind_of(example):
    return example.partition(",")[0]


def run(wrappers, seed=0, optimizer="gradient_descent"):
    rule = {"kind": optimizer} if ":" not in optimizer else {"kind": "torch", "class": optimizer}
    return experiment(
        model={"kind": "perceptron", "hidden": [5], "activation": "tanh", "bias": True},
        optimizer={**rule, "learning_rate": RATE, "weight_decay": 0.1, "wrappers": wrappers},
        training={"steps": STEPS},
        record={"probes": ["loss"]},
        engine="autograd",
        seed=seed,
    )


def trained(*runs):
    training = StackTraining(runs, torch.device("cpu"))
    with torch.no_grad():
        for _ in range(STEPS):
            training.step()
    return training.network.weights


def by_hand(described, *filters):
    data = described.task.draw(described.seed)
    inputs, targets = (torch.from_numpy(a) for a in (data.train_inputs, data.train_targets))
    initial = described.model.initial_weights(data, described.seed)
    weights = {name: nn.Parameter(torch.from_numpy(w)) for name, w in initial.items()}
    optimizer = torch.optim.SGD(weights.values(), lr=RATE, weight_decay=0.1)
    for _ in range(STEPS):
        optimizer.zero_grad()
        nn.functional.mse_loss(described.model.output(weights, inputs, {}), targets).backward()
        for change in filters:
            change(list(weights.values()))
        optimizer.step()
    return {name: weight.detach() for name, weight in weights.items()}


def in_words(example, settings, seed):
    """The wrapper of an example as its authors wrote it."""
    memory, change = {}, globals()[kind_of(example)]
    more = {"name": "own", "seed": seed} if change is gradient_noise else {}
    return lambda parameters: change(parameters, memory, **settings, **more)


def test_every_wrapper_has_its_formula():
    assert {kind_of(example) for example in EXAMPLES} == Wrapper.alternatives.keys()


@pytest.mark.parametrize("optimizer", ["gradient_descent", "torch.optim:SGD"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_runs_of_a_stack_are_wrapped_as_each_by_hand(example, optimizer):
    kind = {"kind": kind_of(example)}
    runs = [
        run({"own": {**kind, **settings}}, seed, optimizer)
        for seed, settings in enumerate(EXAMPLES[example])
    ]
    together = trained(*runs)
    plain = by_hand(runs[0])
    for seed, settings in enumerate(EXAMPLES[example]):
        expected = by_hand(runs[seed], in_words(example, settings, seed))
        for name, weight in expected.items():
            torch.testing.assert_close(together[name][seed], weight, rtol=1e-10, atol=1e-12)
        if seed == 0:  # it does something
            assert any(not torch.allclose(plain[n], w, rtol=1e-6) for n, w in expected.items())


ORDERS = [("clip_value", "grokfast_ema"), ("grokfast_ema", "clip_value")]


@pytest.mark.parametrize("order", ORDERS)
def test_wrappers_follow_one_another_in_the_order_of_the_table(order):
    described = run({f"my_{kind}": {"kind": kind, **EXAMPLES[kind][0]} for kind in order})
    filters = [in_words(kind, EXAMPLES[kind][0], 0) for kind in order]
    for name, weight in by_hand(described, *filters).items():
        torch.testing.assert_close(trained(described)[name][0], weight, rtol=1e-10, atol=1e-12)


def test_wrappers_in_another_order_are_another_run_and_another_stack():
    tables = [{f"my_{k}": {"kind": k, **EXAMPLES[k][0]} for k in order} for order in ORDERS]
    first, second = (run(table) for table in tables)
    assert json.dumps(first.shape, sort_keys=True) != json.dumps(second.shape, sort_keys=True)
    assert identity(first) != identity(second)


@pytest.mark.parametrize("kind", Wrapper.alternatives)
def test_what_a_wrapper_remembers_stays_in_its_place_and_is_in_the_state(kind):
    described = run({"own": {"kind": kind, **EXAMPLES[kind][0]}})
    training = StackTraining([described], torch.device("cpu"))
    before = [tensor.data_ptr() for tensor in training.mover.state()]
    with torch.no_grad():
        training.step()
    assert [tensor.data_ptr() for tensor in training.mover.state()] == before


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_a_wrapper_keeps_is_part_of_the_memory_that_a_run_costs(example):
    wrapped = run({"own": {"kind": kind_of(example), **EXAMPLES[example][0]}})
    kept = StackTraining([wrapped], torch.device("cpu")).mover.state()
    plain = StackTraining([run({})], torch.device("cpu")).mover.state()
    weights = wrapped.model.size(wrapped.task.input_size, 1).weights
    more = sum(t.numel() for t in kept) - sum(t.numel() for t in plain)
    costs = [engine_of(r).cost(r).memory for r in (wrapped, run({}))]
    assert costs[0] - costs[1] == more // weights * weights * 8


@pytest.mark.parametrize("kind", [k for k in Wrapper.alternatives if "orthogonal" not in k])
def test_training_goes_on_from_a_saved_state(kind):
    described = run({"own": {"kind": kind, **EXAMPLES[kind][0]}})
    first, second = (StackTraining([described], torch.device("cpu")) for _ in range(2))
    with torch.no_grad():
        for _ in range(4):
            first.step()
        for own, saved in zip(second.mover.state(), first.mover.state(), strict=True):
            own.copy_(saved)
        for training in (first, second):
            training.step()
            training.step()
    for name, weight in first.network.weights.items():
        assert torch.equal(weight, second.network.weights[name])


def test_two_noises_of_a_run_differ():
    noise = GradientNoise(variance=1.0)
    zero = {"a": torch.zeros(1, 50, dtype=torch.float64)}
    numbers = {name: torch.tensor([value]) for name, value in (("variance", 1.0), ("annealing", 0))}
    found = [
        noise.apply(zero, zero, noise.start(zero, [0], name), numbers)["a"] for name in ("b", "c")
    ]
    assert not torch.allclose(*found)
    assert [f.std().item() for f in found] == pytest.approx([1, 1], abs=0.3)
