from typing import get_args

import numpy as np
import pytest
import torch
from experiments import experiment

from grokspec.engines.base import engine_of
from grokspec.models._activations import ActivationName
from grokspec.models.base import Model
from grokspec.models.perceptron import Perceptron

RUNS, EXAMPLES, INPUTS, OUTPUTS = 2, 7, 4, 3
ACTIVATIONS = get_args(ActivationName)


def stacked(model):
    draws = [model.draw_weights(INPUTS, OUTPUTS, seed) for seed in range(RUNS)]
    return {name: torch.from_numpy(np.stack([d[name] for d in draws])) for name in draws[0]}


def inputs():
    return torch.from_numpy(np.random.default_rng(0).standard_normal((RUNS, EXAMPLES, INPUTS)))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("options", [{}, {"bias": False}, {"mean_output": True}])
@pytest.mark.parametrize("hidden", [(5,), (5, 6)])
def test_own_gradient_is_the_automatic_one(activation, options, hidden):
    model = Perceptron(hidden=hidden, activation=activation, **options)
    weights, x = stacked(model), inputs()
    cotangent = torch.randn(RUNS, EXAMPLES, OUTPUTS, dtype=torch.float64)
    value, pullback = model.on(x, {})(weights)
    expected, expected_pullback = Model.on(model, x, {})(weights)
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(pullback(cotangent), expected_pullback(cotangent))


@pytest.mark.parametrize("bias", [True, False])
def test_output_is_that_of_a_torch_network(bias):
    model = Perceptron(hidden=(5, 6), activation="tanh", bias=bias)
    drawn = {n: torch.from_numpy(w) for n, w in model.draw_weights(INPUTS, OUTPUTS, 0).items()}
    layers = [torch.nn.Linear(*s, bias=bias, dtype=torch.float64) for s in ((4, 5), (5, 6), (6, 3))]
    network = torch.nn.Sequential(layers[0], torch.nn.Tanh(), layers[1], torch.nn.Tanh(), layers[2])
    for number, layer in enumerate(layers, 1):
        layer.weight.data = drawn[f"weight_{number}"]
        if bias:
            layer.bias.data = drawn[f"bias_{number}"]
    torch.testing.assert_close(model.output(drawn, inputs()[0], {}), network(inputs()[0]))


def test_layer_norm_is_that_of_torch_before_the_activation():
    model = Perceptron(hidden=(5,), activation="tanh", layer_norm=True)
    weights = {name: w[0] for name, w in stacked(model).items()}
    weights |= {"norm_1": torch.arange(5.0).double(), "norm_bias_1": torch.ones(5).double()}
    layers = [torch.nn.Linear(*s, dtype=torch.float64) for s in ((4, 5), (5, 3))]
    norm = torch.nn.LayerNorm(5, dtype=torch.float64)
    network = torch.nn.Sequential(layers[0], norm, torch.nn.Tanh(), layers[1])
    for module, names in (
        (layers[0], ("weight_1", "bias_1")),
        (norm, ("norm_1", "norm_bias_1")),
        (layers[1], ("weight_2", "bias_2")),
    ):
        module.weight.data, module.bias.data = (weights[name] for name in names)
    torch.testing.assert_close(model.output(weights, inputs()[0], {}), network(inputs()[0]))


def test_a_mean_output_is_divided_by_the_last_hidden_width():
    plain, mean = (Perceptron(hidden=(5, 6), mean_output=m) for m in (False, True))
    weights = stacked(plain)
    value = plain.on(inputs(), {})(weights)[0]
    torch.testing.assert_close(6 * mean.on(inputs(), {})(weights)[0], value)
    assert (plain.width_factor, mean.width_factor) == (1, 6)


def test_uniform_draws_are_bounded_as_those_of_a_torch_layer():
    drawn = Perceptron(hidden=(2000,)).draw_weights(16, 3, 0)
    for name, bound in (("weight_1", 1 / 4), ("bias_1", 1 / 4), ("weight_2", 2000**-0.5)):
        assert 0.95 * bound < np.abs(drawn[name]).max() <= bound


def test_normal_draws_have_variance_one():
    drawn = Perceptron(hidden=(500,), draws="normal").draw_weights(40, 3, 0)
    assert drawn["weight_1"].var() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize(
    ("draws", "variance"),
    [
        ("lecun_normal", 1 / 40),
        ("kaiming_normal", 2 / 40),
        ("kaiming_uniform", 2 / 40),
        ("xavier_normal", 2 / 540),
        ("xavier_uniform", 2 / 540),
    ],
)
def test_other_draws_have_the_variance_of_their_rule_and_no_biases(draws, variance):
    drawn = Perceptron(hidden=(500,), draws=draws).draw_weights(40, 3, 0)
    assert drawn["weight_1"].var() == pytest.approx(variance, rel=0.05)
    assert not drawn["bias_1"].any()
    largest = np.abs(drawn["weight_1"]).max() / variance**0.5
    assert (largest <= 3**0.5) == draws.endswith("uniform")


def test_rules_are_those_of_torch():
    layer = torch.nn.Linear(40, 500)
    for rule in ("kaiming_uniform", "xavier_uniform"):
        drawn = Perceptron(hidden=(500,), draws=rule).draw_weights(40, 3, 0)["weight_1"]
        options = {"nonlinearity": "relu"} if rule == "kaiming_uniform" else {}
        getattr(torch.nn.init, f"{rule}_")(layer.weight, **options)
        assert np.abs(drawn).max() == pytest.approx(layer.weight.abs().max().item(), rel=1e-3)


def test_a_network_learns():
    described = experiment(
        model={"kind": "perceptron", "hidden": [32]},
        optimizer={"kind": "adam", "learning_rate": 0.01},
        training__steps=300,
        record__probes=["loss"],
    )
    loss = engine_of(described).train([described], "cpu")[0].quantities["train_loss"]
    assert loss[-1] < 0.05 * loss[0]
