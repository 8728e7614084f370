"""How fast modules of one's own train, compared with the loop that one would write for them.

    pytest tests/benchmarks/test_module_speed.py --benchmark-timer=time.process_time

A step of one run on 100 examples of 64 inputs, full batch, on one thread: by `optimizer.zero_grad`,
`loss.backward` and `optimizer.step`; in a stack, one run after the other; and all runs together.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from time import process_time

import pytest
import torch
from experiments import experiment
from torch import nn

from grokspec.engines.autograd.training import train_network
from grokspec.models import _module_evaluator

FILE = Path(__file__).with_name("networks.py")
NETWORKS = {
    "mlp of 32": ("mlp", 32, None),
    "mlp of 100": ("mlp", 100, None),
    "mlp of 400": ("mlp", 400, None),
    "cnn of 8": ("CNN", 8, [1, 8, 8]),
    "cnn of 16": ("CNN", 16, [1, 8, 8]),
}
RATE, ROUNDS = 0.05, 5
TOGETHER_FROM = {"one by one": 10**9, "together": 1}


def stack(network, precision, steps, runs):
    name, width, shape = NETWORKS[network]
    model = {"kind": "module", "class": f"{FILE}:{name}", "arguments": {"width": width}}
    return [
        experiment(
            task={"kind": "polynomial", "inputs": 64, "train": 100, "test": 1},
            model=model if shape is None else model | {"input_shape": shape},
            optimizer={"kind": "gradient_descent", "learning_rate": RATE},
            training={"steps": steps, "precision": precision},
            record={"steps": {"log": 0}, "probes": ["loss"]},
            seed=seed,
        )
        for seed in range(runs)
    ]


def loop(network, precision, steps, runs):
    """The usual loop, one run after the other; returns the final losses."""
    name, width, shape = NETWORKS[network]
    spec = importlib.util.spec_from_file_location("networks", FILE)
    networks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(networks)
    dtype, losses = getattr(torch, precision), []
    for run in stack(network, precision, steps, runs):
        data = run.task.draw(run.seed)
        inputs = torch.tensor(data.train_inputs, dtype=dtype).reshape(100, *(shape or [64]))
        targets = torch.tensor(data.train_targets, dtype=dtype)
        torch.manual_seed(run.seed)
        module = getattr(networks, name)(width).to(dtype)
        optimizer = torch.optim.SGD(module.parameters(), lr=RATE)
        for _ in range(steps):
            optimizer.zero_grad()
            nn.functional.mse_loss(module(inputs), targets).backward()
            optimizer.step()
        losses.append(nn.functional.mse_loss(module(inputs), targets).item())
    return losses


def engine(network, precision, steps, runs):
    stacked = stack(network, precision, steps, runs)
    histories = train_network(stacked, "cpu", lambda step: None)
    return [history.quantities["train_loss"][-1] for history in histories]


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("runs", [1, 4, 16])
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("method", ["loop", "one by one", "together"])
def test_module(benchmark, monkeypatch, method, network, precision, runs):
    benchmark.group = f"{network}, {precision}, {runs} runs"
    if method != "loop":
        monkeypatch.setattr(_module_evaluator, "TOGETHER", TOGETHER_FROM[method])
    train = loop if method == "loop" else engine
    work = (network, precision)
    assert train(*work, 2, runs) == pytest.approx(loop(*work, 2, runs), rel=1e-4)  # the same work

    # The time of a training of one step is subtracted: that of building the modules and trying out.
    steps = max(5, 100 // runs)
    once = min(time_of(train, *work, 1, runs) for _ in range(ROUNDS))
    benchmark.pedantic(train, (*work, steps + 1, runs), rounds=ROUNDS)
    seconds = (benchmark.stats["min"] - once) / (steps * runs)
    benchmark.extra_info["step"] = seconds
    model = stack(network, precision, 1, 1)[0].model
    benchmark.extra_info["rate"] = model.step_flops(100, 64, 1) / seconds


def time_of(train, *work):
    started = process_time()
    train(*work)
    return process_time() - started
