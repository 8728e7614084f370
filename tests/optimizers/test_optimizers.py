import math

import numpy as np
import pytest
import torch
from experiments import experiment
from pydantic import ValidationError

from grokspec.engines.autograd.mover import Mover
from grokspec.engines.autograd.training import StackTraining
from grokspec.engines.base import NoEngineError
from grokspec.errors import GrokspecError
from grokspec.kinds import discover
from grokspec.optimizers.base import Optimizer
from grokspec.optimizers.muon import COEFFICIENTS

discover()
RATES, DECAYS = [0.1, 0.03], [0.0, 0.2]


class Sign(torch.optim.Optimizer):
    """Bernstein et al. (2018), Algorithm 2, with decay apart from the step."""

    def __init__(self, params, lr, weight_decay, momentum):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                mean = self.state[weight].get("mean", torch.zeros_like(weight))
                mean = group["momentum"] * mean + (1 - group["momentum"]) * weight.grad
                self.state[weight]["mean"] = mean
                moved = torch.sign(mean) + group["weight_decay"] * weight
                weight.data = weight.data - group["lr"] * moved


class Lion(torch.optim.Optimizer):
    """Chen et al. (2023), Algorithm 2."""

    def __init__(self, params, lr, weight_decay, betas):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "betas": betas})

    def step(self):
        for group in self.param_groups:
            first, second = group["betas"]
            for weight in group["params"]:
                mean = self.state[weight].get("mean", torch.zeros_like(weight))
                update = torch.sign(first * mean + (1 - first) * weight.grad)
                moved = update + group["weight_decay"] * weight
                weight.data = weight.data - group["lr"] * moved
                self.state[weight]["mean"] = second * mean + (1 - second) * weight.grad


class Muon(torch.optim.Optimizer):
    """As torch.optim.Muon, by singular values and in the weights' own precision."""

    def __init__(self, params, lr, weight_decay, momentum, nesterov):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})
        self.momentum, self.nesterov = momentum, nesterov

    def step(self):
        (group,) = self.param_groups
        for weight in group["params"]:
            mean = self.state[weight].get("mean", torch.zeros_like(weight))
            mean = self.state[weight]["mean"] = mean.lerp(weight.grad, 1 - self.momentum)
            moved = weight.grad.lerp(mean, self.momentum) if self.nesterov else mean
            left, values, right = torch.linalg.svd(moved / moved.norm(), full_matrices=False)
            for _ in range(5):
                a, b, c = COEFFICIENTS
                values = a * values + b * values**3 + c * values**5
            stretch = math.sqrt(max(1, weight.shape[0] / weight.shape[1]))
            weight.data = weight.data * (1 - group["lr"] * group["weight_decay"])
            weight.data = weight.data - group["lr"] * stretch * left @ torch.diag(values) @ right


SGD, BETAS = torch.optim.SGD, (0.8, 0.95)
MUON = {"momentum": 0.9, "nesterov": False}
PEERS = {
    "gradient_descent": (SGD, [({}, {})]),
    "momentum": (SGD, [
        ({"momentum": 0.8}, {"momentum": 0.8}),
        ({"momentum": 0.8, "nesterov": True}, {"momentum": 0.8, "nesterov": True}),
        ({"momentum": 0.8, "dampening": 0.3}, {"momentum": 0.8, "dampening": 0.3}),
    ]),
    "adam": (torch.optim.Adam, [({"betas": BETAS}, {"betas": BETAS})]),
    "adamw": (torch.optim.AdamW, [({"betas": BETAS}, {"betas": BETAS})]),
    "sign_descent": (Sign, [({}, {"momentum": 0.0}), ({"momentum": 0.8}, {"momentum": 0.8})]),
    "lion": (Lion, [({"betas": BETAS}, {"betas": BETAS})]),
    "rmsprop": (torch.optim.RMSprop, [
        ({}, {}),
        ({"smoothing": 0.9, "centered": True}, {"alpha": 0.9, "centered": True}),
        ({"momentum": 0.5, "epsilon": 1e-3}, {"momentum": 0.5, "eps": 1e-3}),
    ]),
    "muon": (Muon, [({}, {"momentum": 0.95, "nesterov": True}), (MUON, MUON)]),
}  # fmt: skip
"""Each optimizer's peer, with settings of both."""

CASES = [(kind, *settings) for kind, (_, each) in PEERS.items() for settings in each]


def test_every_optimizer_has_a_peer():
    ours = {kind for kind, rule in Optimizer.alternatives.items() if not rule.has_instances}
    assert set(PEERS) == ours


@pytest.mark.parametrize(("kind", "settings", "peer_settings"), CASES)
def test_stacked_steps_are_those_of_torch_optim_run_by_run(kind, settings, peer_settings):
    torch.manual_seed(0)
    start = torch.randn(2, 5, 4, dtype=torch.float64)
    gradients = torch.randn(20, 2, 5, 4, dtype=torch.float64)

    stacked = start.clone()
    optimizer = Optimizer.alternatives[kind](learning_rate=1.0, **settings)
    state = optimizer.start(stacked)
    rates, decays = (torch.tensor(v, dtype=torch.float64).view(2, 1, 1) for v in (RATES, DECAYS))
    for gradient in gradients:
        optimizer.step(stacked, gradient, state, rates, decays)

    for run in range(2):
        weight = start[run].clone().requires_grad_()
        alone = PEERS[kind][0]([weight], lr=RATES[run], weight_decay=DECAYS[run], **peer_settings)
        for gradient in gradients:
            weight.grad = gradient[run]
            alone.step()
        torch.testing.assert_close(stacked[run], weight.detach(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shape", [(6, 3), (3, 6)])
def test_muon_is_that_of_torch_within_its_precision(shape):
    if not hasattr(torch.optim, "Muon"):
        pytest.skip("this torch has no Muon")
    torch.manual_seed(0)
    start, gradients = torch.randn(*shape), torch.randn(4, *shape)
    stacked = start.clone()[None]
    ours = Optimizer.alternatives["muon"](learning_rate=1.0)
    state = ours.start(stacked)
    weight = start.clone().requires_grad_()
    theirs = torch.optim.Muon([weight], lr=0.1, weight_decay=0.2)
    for gradient in gradients:
        rate, decay = torch.full((1, 1, 1), 0.1), torch.full((1, 1, 1), 0.2)
        ours.step(stacked, gradient[None], state, rate, decay)
        weight.grad = gradient
        theirs.step()
    torch.testing.assert_close(stacked[0], weight.detach(), rtol=0, atol=0.02)  # bfloat16


# Which weights decay, and how.

SHAPES = {"weight_1": (5, 7), "bias_1": (5,), "weight_2": (3, 5)}


def weighted(optimizer, **numbers):
    """An experiment whose model has weights of these names."""
    return experiment(
        model={"kind": "perceptron", "hidden": [5], "bias": True},
        optimizer={"learning_rate": 0.1, "weight_decay": 0.3, **optimizer, **numbers},
        record={"probes": ["loss"]},
        engine="autograd",
    )


def moved(optimizer, decays=(0.3, 0.1), rates=(0.1, 0.04), runs=(0, 1), steps=6):
    """The weights of a stack after some steps by given gradients."""
    source = torch.Generator().manual_seed(0)

    def drawn():
        both = {
            n: torch.randn(2, *s, generator=source, dtype=torch.float64) for n, s in SHAPES.items()
        }
        return {name: tensor[list(runs)] for name, tensor in both.items()}

    weights = drawn()
    stack = [weighted(optimizer, learning_rate=rates[r], weight_decay=decays[r]) for r in runs]
    move = Mover(stack, weights)
    for _ in range(steps):
        move.advance()
        move(drawn())
    return weights


def torch_rule(name, **arguments):
    return {"kind": "torch", "class": f"torch.optim:{name}", "arguments": arguments}


OWN = [{"kind": kind} for kind in PEERS]
ALL = [*OWN, torch_rule("AdamW"), torch_rule("Adam")]


def close(first, second):
    for name, weight in first.items():
        torch.testing.assert_close(weight, second[name], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("optimizer", ALL, ids=lambda o: o.get("class", o["kind"]))
@pytest.mark.parametrize("decay", [None, "coupled", "decoupled"])
@pytest.mark.parametrize("alike", [True, False])
def test_only_the_named_weights_decay(optimizer, decay, alike):
    numbers = {"decays": (0.3, 0.3), "rates": (0.1, 0.1)} if alike else {}
    more = {} if decay is None else {"decay": decay}
    some = moved({**optimizer, **more, "decay_only": ["weight_*"]}, **numbers)
    every = moved({**optimizer, **more}, **numbers)
    none = moved({**optimizer, **more}, **{**numbers, "decays": (0.0, 0.0)})
    close(some, {n: (every if n.startswith("weight") else none)[n] for n in SHAPES})
    assert not torch.allclose(every["bias_1"], none["bias_1"])


@pytest.mark.parametrize("optimizer", ALL, ids=lambda o: o.get("class", o["kind"]))
def test_runs_in_which_some_weights_decay_move_as_each_alone(optimizer):
    described = {
        **optimizer,
        "decay_only": ["weight_2"],
        "decay_schedule": {"kind": "linear", "warmup": 2},
    }
    together = moved(described)
    for run in (0, 1):
        alone = moved(described, runs=[run])
        close({name: weight[run : run + 1] for name, weight in together.items()}, alone)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"kind": "adam", "decay": "decoupled"}, {"kind": "adamw"}),
        ({"kind": "adamw", "decay": "coupled"}, {"kind": "adam"}),
        ({"kind": "rmsprop", "decay": "coupled"}, {"kind": "rmsprop"}),
        ({**torch_rule("Adam"), "decay": "decoupled"}, torch_rule("AdamW")),
        ({**torch_rule("AdamW"), "decay": "coupled"}, torch_rule("Adam")),
    ],
)
def test_weights_decay_as_a_spec_says(first, second):
    close(moved(first), moved(second))


def test_groups_of_weights_are_those_of_a_loop_by_hand():
    torch.manual_seed(0)
    weights = {n: torch.randn(1, *s, dtype=torch.float64) for n, s in SHAPES.items()}
    own = {n: torch.nn.Parameter(w[0].clone()) for n, w in weights.items()}
    groups = [
        {"params": [own["weight_1"], own["weight_2"]]},
        {"params": [own["bias_1"]], "weight_decay": 0.0},
    ]
    theirs = torch.optim.AdamW(groups, lr=0.1, weight_decay=0.3)
    ours = Mover([weighted({"kind": "adamw", "decay_only": ["weight_*"]})], weights)
    for _ in range(5):
        gradients = {n: torch.randn(1, *s, dtype=torch.float64) for n, s in SHAPES.items()}
        ours(gradients)
        for name, weight in own.items():
            weight.grad = gradients[name][0]
        theirs.step()
    close({n: w[0] for n, w in weights.items()}, {n: w.detach() for n, w in own.items()})


@pytest.mark.parametrize("optimizer", [{"kind": "adamw"}, torch_rule("Adam")])
def test_weights_that_do_not_decay_never_do(optimizer):
    weights = {n: torch.ones(2, *s, dtype=torch.float64) for n, s in SHAPES.items()}
    described = weighted({**optimizer, "decay_only": ["weight_*"]}, weight_decay=0.0)
    move = Mover([described, described], weights)
    move.change(decay=np.array([0.5, 0.5]))
    move.change(decay=np.array([0.5, 0.7]))
    move({name: torch.zeros_like(weight) for name, weight in weights.items()})
    assert torch.equal(weights["bias_1"], torch.ones_like(weights["bias_1"]))
    assert not torch.equal(weights["weight_1"], torch.ones_like(weights["weight_1"]))


@pytest.mark.parametrize(
    ("optimizer", "field"),
    [
        ({"kind": "adamw"}, "decay_only"),
        ({"kind": "muon"}, "adam_for"),
        (torch_rule("SGD"), "decay_only"),
    ],
)
def test_a_pattern_without_a_weight_is_refused_when_it_is_read(optimizer, field):
    described = {**optimizer, "learning_rate": 0.1, field: ["hid*", "hiden"]}
    with pytest.raises(ValidationError) as caught:
        experiment(optimizer=described, engine="autograd")
    (error,) = caught.value.errors()
    assert error["msg"] == '"hiden" matches no weight of the model; did you mean "hidden"?'
    assert error["ctx"]["at"] == ("optimizer", field)


def test_a_pattern_without_a_weight_is_refused_where_the_model_has_to_be_built():
    sizes = {"in_features": 6, "out_features": 1}
    described = experiment(
        model={"kind": "module", "class": "torch.nn:Linear", "arguments": sizes},
        optimizer={"kind": "adamw", "learning_rate": 0.1, "decay_only": ["weigth"]},
        record={"probes": ["loss"]},
        engine="autograd",
    )
    message = 'optimizer.decay_only: "weigth" matches no weight of the model; did you mean "weight"'
    with pytest.raises(GrokspecError, match=message):
        StackTraining([described], torch.device("cpu"))


def test_muon_leaves_vectors_and_named_matrices_to_adam():
    found = moved({"kind": "muon", "adam_for": ["weight_2"], "adam_rate": 0.5, "betas": [0.8, 0.9]})
    adam = moved({"kind": "adamw", "betas": [0.8, 0.9], "epsilon": 1e-10}, rates=(0.05, 0.02))
    for name in ("bias_1", "weight_2"):  # but they decay by the rate of AdamW
        torch.testing.assert_close(found[name], adam[name], rtol=1e-10, atol=1e-12)
    assert not torch.allclose(found["weight_1"], adam["weight_1"])


@pytest.mark.parametrize(
    "settings", [{"momentum": 0.0, "nesterov": True}, {"nesterov": True, "dampening": 0.1}]
)
def test_nesterov_needs_momentum_and_no_dampening_as_in_torch(settings):
    with pytest.raises(ValueError, match="Nesterov"):
        SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1, **{"momentum": 0.9, **settings})
    with pytest.raises(ValidationError, match="needs a momentum above 0 and a dampening of 0"):
        experiment(optimizer={"kind": "momentum", "learning_rate": 0.1, **settings})


@pytest.mark.parametrize(
    "settings",
    [
        {"nesterov": True},
        {"dampening": 0.1},
        {"decay": "decoupled"},
        {"decay_only": ["hidden"]},
        {"schedule": {"kind": "constant"}},
        {"decay_schedule": {"kind": "constant"}},
        {"wrappers": {"clip": {"kind": "clip_norm", "max_norm": 1.0}}},
    ],
)
def test_the_moments_engine_refuses_what_it_does_not_do(settings):
    described = {"kind": "momentum", "learning_rate": 0.1, **settings}
    (field,) = settings
    with pytest.raises(NoEngineError, match=rf"works without optimizer\.{field}; leave it out"):
        experiment(optimizer=described, engine="moments")


@pytest.mark.parametrize("kind", [kind for kind in PEERS if kind != "muon"])
def test_training_goes_on_from_a_saved_state(kind):
    described = experiment(
        optimizer={"kind": kind, "learning_rate": 0.01, "schedule": {"kind": "cosine"}},
        engine="autograd",
    )
    first, second = (StackTraining([described], torch.device("cpu")) for _ in range(2))
    with torch.no_grad():
        for _ in range(4):
            first.step()
        for own, saved in zip(second.mover.state(), first.mover.state(), strict=True):
            own.copy_(saved)
        second.mover.steps_taken = first.mover.steps_taken
        for training in (first, second):
            training.step()
            training.step()
    assert torch.equal(first.network.weights["hidden"], second.network.weights["hidden"])
