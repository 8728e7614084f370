"""What holds for every model: its size, its shapes, and the gradient that it computes by hand."""

import pytest
import torch
from small_models import described, stacked

from grokspec.models.base import Model

INPUTS, VOCABULARY, EXAMPLES, RUNS = 4, 4, 7, 2
VARIANTS = {
    "diagonal_linear of three layers": {"kind": "diagonal_linear", "depth": 3},
    "deep_transformer with norm before": {"kind": "deep_transformer", "norm": "pre"},
    "deep_transformer without norm": {"kind": "deep_transformer", "norm": "none"},
    "deep_transformer of sines": {"kind": "deep_transformer", "positions": "sinusoidal"},
    "embedding_mlp that adds": {"kind": "embedding_mlp", "combine": "add", "tokens": 6},
    "perceptron with layer norm": {"kind": "perceptron", "hidden": [5, 6], "layer_norm": True},
}
MODELS = {
    kind: Model.alternatives[kind].model_validate(described(kind))
    for kind in Model.alternatives
    if kind != "module"  # its size is counted otherwise, and it has no `on`; see test_module.py
} | {
    name: Model.alternatives[fields["kind"]].model_validate(described(fields["kind"]) | fields)
    for name, fields in VARIANTS.items()
}


def outputs_of(model):
    return 1 if model.has_one_output else VOCABULARY


def given(model):
    source = torch.Generator().manual_seed(0)
    if not model.takes_numbers:
        return torch.randint(VOCABULARY, (RUNS, EXAMPLES, INPUTS), generator=source)
    return torch.randn(RUNS, EXAMPLES, INPUTS, generator=source, dtype=torch.float64)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_size_and_shapes_are_those_of_the_weights_that_are_drawn(model):
    drawn = model.draw_weights(INPUTS, outputs_of(model), 0)
    assert model.weight_shapes(INPUTS, outputs_of(model)) == {n: w.shape for n, w in drawn.items()}
    size = model.size(INPUTS, outputs_of(model))
    assert size.weights == sum(weight.size for weight in drawn.values())
    assert size.activations > 0


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_outputs_and_gradient_are_those_of_automatic_differentiation(model):
    weights = stacked(model, (INPUTS, outputs_of(model)), RUNS, spread=0.3)
    scalars = {
        name: torch.tensor([float(getattr(model, name))] * RUNS, dtype=torch.float64)
        for name in model.stackable_fields()
    }
    value, pullback = model.on(given(model), scalars)(weights)
    expected, expected_pullback = Model.on(model, given(model), scalars)(weights)
    torch.testing.assert_close(value, expected)
    cotangent = torch.randn(value.shape, dtype=value.dtype)
    torch.testing.assert_close(pullback(cotangent), expected_pullback(cotangent))
