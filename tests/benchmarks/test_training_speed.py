"""How fast the engines train, compared with the loops that one would write without them.

    pip install -e ".[dev,bench]"
    pytest tests/benchmarks

All methods take some steps of the same training: an α sweep of 9 values × 5 seeds of the polynomial
task at D = 100, P = 550, full batch, on one thread. The table at the end has, for each method, the
time of a step of one run, how many times faster it is than the loop, and its arithmetic per second
as a share of the rate at which this machine multiplies large matrices.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest
import torch
from experiments import experiment

from grokspec.engines.base import Engine, engine_of

INPUTS, EXAMPLES = 100, 550
ALPHAS, SEEDS = [2.0**k for k in range(-3, 6)], range(5)
RUNS = len(ALPHAS) * len(SEEDS)
RATE = 0.5
ROUNDS = 3
"""How often each is timed. The shortest time counts, since other work only adds to it."""

SIZES = [(500, "float64"), (500, "float32"), (5000, "float64"), (5000, "float32")]


def stack(engine, width, precision, steps):
    return [
        experiment(
            engine=engine,
            task={"kind": "polynomial", "inputs": INPUTS, "train": EXAMPLES, "test": 1},
            model__width=width,
            model__alpha=alpha,
            model__centered=True,
            optimizer__learning_rate=RATE,
            training={"steps": steps, "precision": precision},
            record={"steps": {"log": 0}, "probes": ["loss"]},
            seed=seed,
        )
        for alpha in ALPHAS
        for seed in SEEDS
    ]


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def plain_loop(width, precision, steps):
    """(a) The usual PyTorch loop, one run after the other; returns the final losses."""
    dtype, losses = getattr(torch, precision), []
    for described in stack("moments", width, precision, steps):
        data, model = described.task.draw(described.seed), described.model
        x = torch.tensor(data.train_inputs, dtype=dtype)
        y = torch.tensor(data.train_targets[:, 0], dtype=dtype)
        hidden = torch.nn.Linear(INPUTS, width, bias=False, dtype=dtype)
        draw = model.draw_weights(INPUTS, 1, described.seed)["hidden"]
        with torch.no_grad():
            hidden.weight.copy_(torch.tensor(draw))
        optimizer = torch.optim.SGD(hidden.parameters(), lr=RATE * width / model.alpha**2)

        def network(x, hidden=hidden, model=model):
            h = hidden(x)
            return model.alpha * (h + model.epsilon / 2 * h**2).mean(1)

        with torch.no_grad():
            first = network(x)
        for _ in range(steps):
            optimizer.zero_grad()
            loss = ((network(x) - first - y) ** 2).mean()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            losses.append(((network(x) - first - y) ** 2).mean().item())
    return losses


def jax_scan(width, precision, steps):
    """(b) A jitted JAX scan over the steps, compiled once, one run after the other."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy

    @jax.jit
    def train(weights, x, y, alpha):
        def network(weights):
            h = x @ weights.T
            return alpha * (h + 0.125 * h**2).mean(1)

        first = network(weights)

        def loss(weights):
            return ((network(weights) - first - y) ** 2).mean()

        def step(weights, _):
            return weights - RATE * width / alpha**2 * jax.grad(loss)(weights), None

        return loss(jax.lax.scan(step, weights, None, steps)[0])

    losses = []
    for described in stack("moments", width, precision, steps):
        data, model = described.task.draw(described.seed), described.model
        draw = model.draw_weights(INPUTS, 1, described.seed)["hidden"]
        given = (draw, data.train_inputs, data.train_targets[:, 0], np.array(model.alpha))
        losses.append(float(train(*(jnp.asarray(g, precision) for g in given))))
    return losses


def with_engine(name):
    """(c), (d) The whole sweep as one stack of an engine."""

    def train(width, precision, steps):
        runs = stack(name, width, precision, steps)
        histories = engine_of(runs[0]).train(runs, "cpu")
        losses = {(e.model.alpha, e.seed): h for e, h in zip(runs, histories, strict=True)}
        return [losses[a, s].quantities["train_loss"][-1] for a in ALPHAS for s in SEEDS]

    return train


METHODS = {
    "loop": plain_loop,
    "jax": jax_scan,
    "autograd": with_engine("autograd"),
    "moments": with_engine("moments"),
}

FLOPS = {
    "loop": lambda width: 4 * EXAMPLES * INPUTS * width,
    "jax": lambda width: 4 * EXAMPLES * INPUTS * width,
    "autograd": lambda width: 4 * (EXAMPLES + width) * INPUTS**2,
    # Blocks of symmetric matrices: 3/5 of the plain product at this size.
    "moments": lambda width: 2.4 * EXAMPLES * INPUTS**2 + 4 * (INPUTS + 1) ** 3,
}
"""The arithmetic in matrix products of one step of one run."""


@pytest.mark.parametrize(("width", "precision"), SIZES)
@pytest.mark.parametrize("method", METHODS)
def test_alpha_sweep(benchmark, method, width, precision):
    benchmark.group = f"N = {width}, {precision}"
    steps = 20 if width == 500 or method == "moments" else 4
    train = METHODS[method]
    expected = plain_loop(width, precision, 2)
    assert train(width, precision, 2) == pytest.approx(expected, rel=1e-3)  # the same work

    # The time of a training of one step is subtracted: that of drawing the data and compiling.
    once = min(time_of(train, width, precision, 1) for _ in range(ROUNDS))
    benchmark.pedantic(train, (width, precision, steps + 1), rounds=ROUNDS)
    seconds = (benchmark.stats["min"] - once) / (steps * RUNS)
    benchmark.extra_info["step"] = seconds
    benchmark.extra_info["rate"] = FLOPS[method](width) / seconds
    benchmark.extra_info["peak"] = matrix_product_rate(precision)


def time_of(train, *work):
    started = perf_counter()
    train(*work)
    return perf_counter() - started


def matrix_product_rate(precision):
    """Flop/s of a product of two large matrices on one thread, the best of eight."""
    a = torch.randn(1024, 1024, dtype=getattr(torch, precision))
    times = []
    for _ in range(8):
        started = perf_counter()
        a @ a
        times.append(perf_counter() - started)
    return 2 * 1024**3 / min(times)


def test_every_engine_is_timed():
    assert set(Engine.alternatives) <= set(METHODS)
