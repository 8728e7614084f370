"""Optimizers of torch and of one's own: as a loop by hand uses them."""

import importlib.util
from pathlib import Path

import pytest
import torch
from experiments import experiment
from pydantic import ValidationError
from torch import nn

from grokspec.engines.base import engine_of
from grokspec.errors import GrokspecError
from grokspec.files.python import UserCodeError
from grokspec.optimizers.torch_optimizer import ELEMENTWISE, IMPOSSIBLE

FILE = Path(__file__).with_name("rules.py")
spec = importlib.util.spec_from_file_location("rules_by_hand", FILE)
rules = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rules)

STEPS, RATE, DECAY = 8, 0.05, 0.1
OF_TORCH = [
    f"torch.optim:{name}"
    for name, rule in vars(torch.optim).items()
    if isinstance(rule, type)
    and issubclass(rule, torch.optim.Optimizer)
    and rule is not torch.optim.Optimizer
]
MATRICES_ONLY = "torch.optim:Muon"
NAMED = [*(n for n in OF_TORCH if n not in (*IMPOSSIBLE, MATRICES_ONLY)), "Lion", "Replacing"]
ARGUMENTS = {"torch.optim:SGD": {"momentum": 0.8, "nesterov": True}, "Lion": {"beta": 0.8}}
WITHOUT_DECAY = ("torch.optim:Rprop", "Replacing")


def written(name):
    return name if ":" in name else f"{FILE}:{name}"


def run(name, seed=0, bias=True, **changes):
    decay = 0.0 if name in WITHOUT_DECAY else DECAY
    optimizer = {
        "kind": "torch",
        "class": written(name),
        "arguments": ARGUMENTS.get(name, {}),
        "learning_rate": RATE,
        "weight_decay": decay,
    }
    return experiment(
        model={"kind": "perceptron", "hidden": [5], "activation": "tanh", "bias": bias},
        optimizer=optimizer | {k.removeprefix("optimizer__"): v for k, v in changes.items()},
        training={"steps": STEPS},
        record={"steps": {"log": 0}, "probes": ["loss"]},
        seed=seed,
    )


def train(*runs):
    histories = engine_of(runs[0]).train(runs, "cpu")
    return [history.quantities["train_loss"][-1] for history in histories]


def by_hand(described):
    data = described.task.draw(described.seed)
    inputs, targets = (torch.from_numpy(a) for a in (data.train_inputs, data.train_targets))
    weights = {
        name: nn.Parameter(torch.from_numpy(w))
        for name, w in described.model.initial_weights(data, described.seed).items()
    }
    name = str(described.optimizer.class_)
    place, _, attribute = name.partition(":")
    call = getattr(torch.optim if place == "torch.optim" else rules, attribute)
    decay = described.optimizer.weight_decay
    given = {"weight_decay": decay} if "weight_decay" in call.__init__.__code__.co_varnames else {}
    rate = described.optimizer.learning_rate
    optimizer = call(weights.values(), lr=rate, **given, **described.optimizer.arguments)
    for _ in range(STEPS):
        optimizer.zero_grad()
        nn.functional.mse_loss(described.model.output(weights, inputs, {}), targets).backward()
        optimizer.step()
    return nn.functional.mse_loss(described.model.output(weights, inputs, {}), targets).item()


@pytest.mark.parametrize("name", NAMED)
def test_an_optimizer_moves_weights_as_in_a_loop_by_hand(name):
    assert train(run(name)) == pytest.approx([by_hand(run(name))], rel=1e-9)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("rates", [[RATE] * 3, [RATE, 0.01, 0.002]])
def test_runs_of_a_stack_do_not_disturb_one_another(name, rates):
    runs = [run(name, seed, optimizer__learning_rate=rate) for seed, rate in enumerate(rates)]
    assert train(*runs) == pytest.approx([by_hand(alone) for alone in runs], rel=1e-9)


def test_an_optimizer_of_matrices_moves_matrices():
    described = run(MATRICES_ONLY, bias=False)
    assert train(described) == pytest.approx([by_hand(described)], rel=1e-3)  # by bfloat16
    with pytest.raises(UserCodeError, match="could not be made: ValueError: Muon only supports 2D"):
        train(run(MATRICES_ONLY))


@pytest.mark.parametrize(
    ("own", "settings", "name", "arguments"),
    [
        ("gradient_descent", {}, "SGD", {}),
        ("momentum", {"momentum": 0.7}, "SGD", {"momentum": 0.7}),
        ("adam", {"betas": [0.8, 0.9]}, "Adam", {"betas": [0.8, 0.9]}),
        ("adamw", {}, "AdamW", {}),
    ],
)
def test_the_optimizers_of_grokspec_are_those_of_torch(own, settings, name, arguments):
    described = run(f"torch.optim:{name}", optimizer__arguments=arguments)
    optimizer = {"kind": own, "learning_rate": RATE, "weight_decay": DECAY, **settings}
    ours = experiment(**{**dict(described), "optimizer": optimizer})
    assert train(ours) == pytest.approx(train(described), rel=1e-9)


def test_every_rule_that_is_said_to_treat_elements_alike_is_one_of_torch():
    assert set(OF_TORCH) >= ELEMENTWISE
    assert set(OF_TORCH) >= set(IMPOSSIBLE)


@pytest.mark.parametrize("name", sorted(ELEMENTWISE))
def test_elements_are_moved_whatever_others_there_are(name):
    call = getattr(torch.optim, name.partition(":")[2])
    weight, slope = torch.randn(2, 40, dtype=torch.float64)
    whole, part = nn.Parameter(weight.clone()), nn.Parameter(weight[:7].clone())
    first, second = call([whole], lr=RATE), call([part], lr=RATE)
    for factor in (1.0, -0.5, 2.0):
        whole.grad, part.grad = factor * slope, factor * slope[:7]
        first.step()
        second.step()
    torch.testing.assert_close(whole[:7], part, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("NeedsClosure", GrokspecError, "needs a closure, .* choose another"),
        ("NoOptimizer", GrokspecError, "is no torch.optim.Optimizer"),
        ("Failing", UserCodeError, 'ValueError: no step today\n.*\n.*rules.py", line'),
        ("FailingToBuild", UserCodeError, "could not be made: ValueError: no optimizer today"),
        ("Replacing", GrokspecError, "weight_decay = 0.1: .* has no parameter weight_decay"),
    ],
)
def test_what_cannot_move_weights_is_refused_with_the_reason(name, error, message):
    decay = {"optimizer__weight_decay": 0.1 if name == "Replacing" else 0.0}
    with pytest.raises(error, match=message):
        train(run(name, **decay))


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        *((name, {}, f"{why}, and grokspec does not") for name, why in IMPOSSIBLE.items()),
        ("Lion", {"bta": 0.9}, 'did you mean "beta"?'),
        ("Lion", {"lr": 0.9}, "grokspec gives lr; remove it here"),
        ("Loin", {}, 'defines no Loin; did you mean "Lion"?'),
    ],
)
def test_mistakes_are_found_without_running_the_file(monkeypatch, name, arguments, message):
    monkeypatch.setattr("grokspec.files.python.run_file", None)
    with pytest.raises(ValidationError) as caught:
        run(name, optimizer__arguments=arguments)
    assert message in caught.value.errors()[0]["msg"]
