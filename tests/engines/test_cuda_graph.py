"""A step in a CUDA graph; without a device, with a stand-in that records as a graph does."""

import contextlib
import warnings
from types import SimpleNamespace

import pytest
import torch
from experiments import experiment

from grokspec.engines._cuda_graph import WARM_UP, NotCaptured, captured
from grokspec.engines._data import draw_data
from grokspec.engines.autograd.mover import Mover
from grokspec.engines.autograd.network import Network
from grokspec.engines.moments.dynamics import Dynamics
from grokspec.optimizers.base import Optimizer

CUDA = torch.device("cuda", 0)


class Recording:
    """A stand-in for torch.cuda: during a capture, launched work is recorded and not done."""

    def __init__(self):
        self.tape = None
        self.captures = 0

    def launch(self, work):
        if self.tape is None:
            work()
        else:
            self.tape.append(work)

    @contextlib.contextmanager
    def graph(self, graph, **_):
        self.tape, self.captures = [], self.captures + 1
        try:
            yield
            graph.tape = self.tape
        finally:
            self.tape = None


@pytest.fixture
def recording(monkeypatch):
    made = Recording()

    class Graph:
        def replay(self):
            for work in self.tape:
                work()

    stream = SimpleNamespace(wait_stream=lambda other: None)
    monkeypatch.setattr("torch.cuda.CUDAGraph", Graph)
    monkeypatch.setattr("torch.cuda.graph", made.graph)
    monkeypatch.setattr("torch.cuda.Stream", lambda device: stream)
    monkeypatch.setattr("torch.cuda.current_stream", lambda device: stream)
    monkeypatch.setattr("torch.cuda.stream", lambda stream: contextlib.nullcontext())
    monkeypatch.setattr("torch.cuda.device", lambda device: contextlib.nullcontext())
    return made


def test_elsewhere_a_step_is_taken_as_it_is():
    def step():
        pass

    assert captured(step, torch.device("cpu"), list) is step


def test_every_step_is_taken_once_captured_or_not(recording):
    weight = torch.zeros(1)
    step = captured(lambda: recording.launch(lambda: weight.add_(1)), CUDA, lambda: [weight])
    for taken in range(1, WARM_UP + 5):
        step()
        assert weight.item() == taken
    assert recording.captures == 1


def test_a_step_that_cannot_be_captured_is_taken_as_it_is_with_a_warning(recording):
    weight = torch.zeros(1)

    def step():
        if recording.tape is not None:
            raise RuntimeError("operation not permitted when stream is capturing\nmore")
        weight.add_(1)

    take = captured(step, CUDA, lambda: [weight])
    for _ in range(WARM_UP):
        take()
    with pytest.warns(NotCaptured, match="CUDA graph: operation not permitted when .* capturing$"):
        take()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        take()
    assert weight.item() == WARM_UP + 2
    assert recording.captures == 1


def test_a_step_that_rebinds_what_it_remembers_is_not_captured(recording):
    state = {"velocity": torch.zeros(1)}

    def step():
        state["velocity"] = state["velocity"] + 1

    take = captured(step, CUDA, lambda: list(state.values()))
    with pytest.warns(NotCaptured, match="puts new tensors in the place of those"):
        take()
    for _ in range(WARM_UP + 2):
        take()
    assert state["velocity"].item() == WARM_UP + 3
    assert recording.captures == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_on_cuda_a_captured_step_does_what_the_step_does():
    def weights_after(count, take_as_it_is):
        weight = torch.linspace(-1, 1, 64, device=CUDA, dtype=torch.float64).view(8, 8)

        def step():
            weight.sub_(0.1 * (weight @ weight).tanh())

        take = step if take_as_it_is else captured(step, CUDA, lambda: [weight])
        for _ in range(count):
            take()
        return weight

    assert torch.equal(weights_after(20, True), weights_after(20, False))


# Capturing requires that the steps of the engines change their state in place.


def addresses(tensors):
    return [tensor.data_ptr() for tensor in tensors]


@pytest.mark.parametrize(
    "kind", sorted(k for k, rule in Optimizer.alternatives.items() if not rule.has_instances)
)
def test_every_optimizer_moves_weights_and_state_in_place(kind):
    optimizer = {"kind": kind, "learning_rate": 0.01, "weight_decay": 0.1}
    stack = [experiment(engine="autograd", optimizer=optimizer, seed=seed) for seed in (0, 1)]
    network = Network(stack, torch.device("cpu"))
    move = Mover(network.stack, network.weights)
    before, first = addresses(move.state()), network.weights["hidden"].clone()
    move({name: torch.ones_like(weight) for name, weight in network.weights.items()})
    assert addresses(move.state()) == before
    assert not torch.equal(network.weights["hidden"], first)


@pytest.mark.parametrize(
    "changes",
    [{}, {"model__linearized": True}, {"record": {"steps": {"log": 3}, "probes": ["movement"]}}],
)
def test_the_moments_move_in_place_and_leave_the_initial_ones_as_they_were(changes):
    stack = [experiment(engine="moments", **changes)]
    dynamics = Dynamics(stack, [draw_data(e) for e in stack], 1, torch.device("cpu"))
    before, first = addresses(dynamics.changing()), dynamics.initial.second.clone()
    dynamics.step()
    assert addresses(dynamics.changing()) == before
    assert torch.equal(dynamics.initial.second, first)
    assert not torch.equal(dynamics.moments().second, first)
