import numpy as np
import pytest
import torch
from experiments import experiment
from pydantic import ValidationError
from torch.func import jvp, vmap

from grokspec.engines.base import engine_of
from grokspec.models.base import Model
from grokspec.models.transformer import Transformer

RUNS, MODULUS = 2, 5
TASK = {"kind": "modular_addition", "modulus": MODULUS, "train_share": 0.6, "inputs": "tokens"}
MODEL = {"kind": "transformer", "width": 8, "mlp_width": 12}


def drawn(model, positions, spread=0.3):
    """Stacked weights; noise makes biases count, as after some training."""
    draws = [model.draw_weights(positions, MODULUS, seed) for seed in range(RUNS)]
    generator = torch.Generator().manual_seed(0)
    stacks = {name: torch.from_numpy(np.stack([d[name] for d in draws])) for name in draws[0]}
    return {
        name: w + spread * torch.randn(w.shape, generator=generator, dtype=w.dtype)
        for name, w in stacks.items()
    }


def tokens(positions=2, examples=11):
    return torch.from_numpy(
        np.random.default_rng(0).integers(0, MODULUS, (RUNS, examples, positions))
    )


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("positions", [1, 2, 3])
def test_looking_up_gives_the_plain_form_and_its_automatic_gradient(heads, positions):
    model = Transformer(width=8, mlp_width=12, heads=heads)
    weights, inputs = drawn(model, positions), tokens(positions)
    cotangent = torch.randn(RUNS, inputs.shape[1], MODULUS, dtype=torch.float64)
    value, pullback = model.on(inputs, {})(weights)
    expected, expected_pullback = Model.on(model, inputs, {})(weights)
    torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(
        pullback(cotangent), expected_pullback(cotangent), rtol=1e-11, atol=1e-11
    )


@pytest.mark.parametrize(
    ("sigma", "precision"),
    [(4, torch.float32), (10, torch.float32), (10, torch.float64), (100, torch.float64)],
)
def test_looking_up_gives_the_plain_form_for_weights_of_any_size(sigma, precision):
    """Scores grow with σ⁴, and so does their rounding error, which the exponential passes on."""
    model = Transformer(width=8, mlp_width=12, heads=2)
    weights = {name: sigma * w for name, w in drawn(model, 2, spread=0.0).items()}
    inputs = tokens()
    cotangent = torch.randn(RUNS, inputs.shape[1], MODULUS, dtype=torch.float64)
    value, pullback = model.on(inputs, {})({n: w.to(precision) for n, w in weights.items()})
    expected, expected_pullback = Model.on(model, inputs, {})(weights)
    gradient, exact = pullback(cotangent.to(precision)), expected_pullback(cotangent)
    error = 10 * torch.finfo(precision).eps * sigma**4
    torch.testing.assert_close(value.double(), expected, rtol=0, atol=error * expected.abs().max())
    largest = max(g.abs().max() for g in exact.values())  # where attention is sharp, some are zero
    for name, g in gradient.items():
        torch.testing.assert_close(g.double(), exact[name], rtol=0, atol=error * largest)


def test_a_run_of_ordinary_size_does_not_depend_on_the_others_of_its_stack():
    model = Transformer(width=8, mlp_width=12, heads=2)
    weights, inputs = drawn(model, 2), tokens()
    large = {name: torch.stack([w[0], 50 * w[1]]) for name, w in weights.items()}
    cotangent = torch.randn(RUNS, inputs.shape[1], MODULUS, dtype=torch.float64)
    (value, pullback), (beside, pullback_beside) = (
        model.on(inputs, {})(w) for w in (weights, large)
    )
    assert torch.equal(value[0], beside[0])
    gradient, gradient_beside = pullback(cotangent), pullback_beside(cotangent)
    assert all(torch.equal(g[0], gradient_beside[name][0]) for name, g in gradient.items())


def test_plain_form_is_that_of_torch_attention():
    model = Transformer(width=8, mlp_width=12, heads=2)
    weights = {name: w[0] for name, w in drawn(model, 2).items()}
    inputs = tokens()[0]
    attention = torch.nn.MultiheadAttention(8, 2, bias=False, batch_first=True, dtype=torch.float64)
    attention.in_proj_weight.data = torch.cat([weights[n] for n in ("query", "key", "value")])
    attention.out_proj.weight.data = weights["attention"]
    sentence = torch.cat([inputs, torch.full((len(inputs), 1), MODULUS)], 1)
    stream = weights["token"][sentence] + weights["position"]
    later = torch.ones(3, 3, dtype=torch.bool).triu(1)
    stream = stream + attention(stream, stream, stream, attn_mask=later, need_weights=False)[0]
    linear = torch.nn.functional.linear
    hidden = linear(stream, weights["mlp_in"], weights["mlp_in_bias"]).relu()
    stream = stream + linear(hidden, weights["mlp_out"], weights["mlp_out_bias"])
    expected = stream[:, -1] @ weights["unembedding"].T
    torch.testing.assert_close(model.output(weights, inputs, {}), expected)


def test_order_of_the_tokens_matters():
    model = Transformer(width=8, mlp_width=12)
    weights, inputs = drawn(model, 2), tokens()
    evaluate, turned = model.on(inputs, {}), model.on(inputs.flip(-1), {})
    assert not torch.allclose(evaluate(weights)[0], turned(weights)[0])


def test_directional_derivative_is_a_difference_quotient():
    """The linearized model rests on it."""
    model = Transformer(width=8, mlp_width=12)
    weights, inputs = drawn(model, 2), tokens()
    along = {name: torch.ones_like(w) for name, w in weights.items()}

    def outputs(at):
        return vmap(model.output)(at, inputs, {})

    _, slope = jvp(outputs, (weights,), (along,))
    step = 1e-6
    ahead, behind = (
        model.on(inputs, {})({n: w + sign * step for n, w in weights.items()})[0]
        for sign in (1, -1)
    )
    torch.testing.assert_close((ahead - behind) / (2 * step), slope, rtol=1e-6, atol=1e-6)


def test_initial_weights_have_the_variances_of_the_cited_work():
    draw = Transformer(width=64, mlp_width=256).draw_weights(2, 99, 0)
    for name, weight in draw.items():
        if name.endswith("bias"):
            assert not weight.any()
        else:
            variance = 1 / 100 if name == "unembedding" else 1 / 64
            assert (weight**2).mean() == pytest.approx(variance, rel=0.2)


def test_size_counts_the_weights_that_are_drawn():
    model = Transformer(width=8, mlp_width=12)
    draw = model.draw_weights(2, MODULUS, 0)
    assert model.size(2, MODULUS).weights == sum(w.size for w in draw.values())
    assert {n: w.shape for n, w in draw.items()} == model.weight_shapes(2, MODULUS)


def test_heads_must_divide_the_width():
    with pytest.raises(ValidationError, match="3 heads do not divide a width of 8"):
        Transformer(width=8, mlp_width=12, heads=3)


def test_a_task_of_real_numbers_is_refused():
    with pytest.raises(ValidationError, match="reads tokens; the task's inputs are real numbers"):
        experiment(task={**TASK, "inputs": "one_hot"}, model=MODEL, record__probes=["loss"])


def described(**changes):
    return experiment(
        **{
            "task": TASK,
            "model": MODEL,
            "optimizer": {"kind": "adamw", "learning_rate": 0.01},
            "training": {"steps": 200, "loss": "cross_entropy"},
            "record__probes": ["loss", "accuracy"],
            **changes,
        }
    )


def test_a_network_memorizes():
    history = engine_of(described()).train([described()], "cpu")[0]
    assert history.quantities["train_accuracy"][-1] == 1


def test_the_linearized_model_is_the_network_in_the_lazy_limit():
    """With α = 10⁴ and a rate over α the outputs move as far and the weights hardly do."""
    lazy = {
        "optimizer": {"kind": "adamw", "learning_rate": 1e-6},
        "model": {**MODEL, "alpha": 1e4, "centered": True},
        "training": {"steps": 30, "loss": "cross_entropy"},
    }
    runs = [
        described(**{**lazy, "model": {**lazy["model"], "linearized": linearized}})
        for linearized in (False, True)
    ]
    network, twin = (engine_of(run).train([run], "cpu")[0].quantities["train_loss"] for run in runs)
    assert network[-1] < 0.9 * network[0]
    np.testing.assert_allclose(twin, network, rtol=1e-2)
