import numpy as np
import pytest
import torch
from experiments import experiment
from pydantic import ValidationError
from shape_checks import unchecked
from small_models import stacked
from torch import nn

from grokspec.engines.base import engine_of
from grokspec.models.deep_transformer import DeepTransformer
from grokspec.models.transformer import Transformer

MODULUS, POSITIONS, EXAMPLES, WIDTH = 5, 2, 11, 8
TASK = {"kind": "modular_addition", "modulus": MODULUS, "train_share": 0.6, "inputs": "tokens"}
NORMS = ["post", "pre", "none"]


def tokens():
    return torch.randint(MODULUS, (EXAMPLES, POSITIONS), generator=torch.Generator().manual_seed(0))


def weights_of(model):
    """Of one run, with noise so that scales, shifts and biases count."""
    return {n: w[0] for n, w in stacked(model, (POSITIONS, MODULUS), 1, spread=0.3).items()}


def torch_layer(weights, number, norm, activation):
    """The layer of torch with these weights."""
    layer = nn.TransformerEncoderLayer(
        WIDTH,
        2,
        12,
        0.0,
        activation,
        batch_first=True,
        norm_first=norm == "pre",
        dtype=torch.float64,
    )
    layer.self_attn.in_proj_weight.data = torch.cat(
        [weights[f"{name}_{number}"] for name in ("query", "key", "value")]
    )
    layer.self_attn.in_proj_bias.data.zero_()
    layer.self_attn.out_proj.weight.data = weights[f"attention_{number}"]
    layer.self_attn.out_proj.bias.data.zero_()
    for module, name in (
        (layer.linear1, "mlp_in"),
        (layer.linear2, "mlp_out"),
        (layer.norm1, "attention_norm"),
        (layer.norm2, "mlp_norm"),
    ):
        module.weight.data = weights[f"{name}_{number}"]
        module.bias.data = weights[f"{name}_bias_{number}"]
    return layer


@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("layers", [1, 3])
def test_outputs_and_gradients_are_those_of_the_layers_of_torch(norm, activation, layers):
    model = DeepTransformer(
        layers=layers, width=WIDTH, heads=2, mlp_width=12, norm=norm, activation=activation
    )
    weights = {n: w.requires_grad_() for n, w in weights_of(model).items()}
    sentence = torch.cat([tokens(), torch.full((EXAMPLES, 1), MODULUS)], 1)
    stream = weights["token"][sentence] + weights["position"]
    later = torch.ones(3, 3, dtype=torch.bool).triu(1)
    for number in range(1, layers + 1):
        stream = torch_layer(weights, number, norm, activation)(stream, src_mask=later)
    if norm == "pre":
        stream = nn.functional.layer_norm(stream, (WIDTH,), weights["norm"], weights["norm_bias"])
    expected = stream[:, -1] @ weights["unembedding"].T
    found = model.output(weights, tokens(), {})
    torch.testing.assert_close(found, expected)
    own, theirs = (
        torch.autograd.grad(v.square().sum(), weights["token"]) for v in (found, expected)
    )
    torch.testing.assert_close(own, theirs)


def test_one_layer_without_norm_is_the_transformer():
    """The same function, drawn from the same numbers."""
    deep = DeepTransformer(layers=1, width=WIDTH, heads=2, mlp_width=12, norm="none")
    one = Transformer(width=WIDTH, heads=2, mlp_width=12)
    drawn = deep.draw_weights(POSITIONS, MODULUS, 3)
    for name, weight in one.draw_weights(POSITIONS, MODULUS, 3).items():
        assert np.array_equal(drawn.get(name, drawn.get(f"{name}_1")), weight)
    weights = weights_of(one)
    renamed = {name if name in drawn else f"{name}_1": w for name, w in weights.items()}
    torch.testing.assert_close(
        deep.output(renamed, tokens(), {}), one.output(weights, tokens(), {})
    )


def test_fixed_positions_are_sines_and_cosines():
    model = DeepTransformer(layers=1, width=WIDTH, heads=2, positions="sinusoidal")
    weights = weights_of(model)
    assert "position" not in weights
    angles = np.arange(3)[:, None] / 10_000 ** (np.arange(0, WIDTH, 2) / WIDTH)
    fixed = np.stack([np.sin(angles), np.cos(angles)], -1).reshape(3, WIDTH)
    learned = model.model_copy(update={"positions": "learned"})
    expected = learned.output(weights | {"position": torch.from_numpy(fixed)}, tokens(), {})
    torch.testing.assert_close(model.output(weights, tokens(), {}), expected)


@pytest.mark.parametrize("norm", NORMS)
def test_initial_weights_have_the_variances_that_are_documented(norm):
    drawn = DeepTransformer(layers=2, width=64, norm=norm).draw_weights(2, 99, 0)
    assert ("norm" in drawn, "mlp_norm_2" in drawn) == (norm == "pre", norm != "none")
    for name, weight in drawn.items():
        if "norm" in name:
            assert (weight == ("bias" not in name)).all()
        elif "bias" in name:
            assert not weight.any()
        else:
            variance = 1 / 100 if name == "unembedding" else 1 / 64
            assert (weight**2).mean() == pytest.approx(variance, rel=0.2)


def test_other_draws_are_those_of_a_perceptron_and_leave_embeddings_alone():
    drawn = DeepTransformer(layers=1, width=64, draws="uniform").draw_weights(2, 99, 0)
    assert 0.95 / 8 < np.abs(drawn["mlp_in_1"]).max() <= 1 / 8
    assert 0.95 / 16 < np.abs(drawn["mlp_out_1"]).max() <= 1 / 16
    assert np.abs(drawn["token"]).max() > 2 / 8


def test_heads_must_divide_the_width():
    with pytest.raises(ValidationError, match="3 heads do not divide a width of 8"):
        DeepTransformer(layers=1, width=8, heads=3)


@pytest.mark.parametrize("norm", NORMS)
def test_a_network_learns(norm):
    model = {"kind": "deep_transformer", "layers": 2, "width": 8, "heads": 2, "norm": norm}
    run = experiment(
        task=TASK,
        model=model,
        optimizer={"kind": "adamw", "learning_rate": 0.01},
        training={"steps": 40, "loss": "cross_entropy"},
        record__probes=["loss"],
    )
    with unchecked():
        loss = engine_of(run).train([run], "cpu")[0].quantities["train_loss"]
    assert loss[-1] < 0.6 * loss[0]
