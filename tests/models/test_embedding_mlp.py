import pytest
import torch
from experiments import experiment
from pydantic import ValidationError
from shape_checks import unchecked
from small_models import stacked

from grokspec.engines.base import engine_of
from grokspec.errors import GrokspecError
from grokspec.models.embedding_mlp import EmbeddingMlp

RUNS, MODULUS, POSITIONS = 2, 5, 2
TASK = {"kind": "modular_addition", "modulus": MODULUS, "train_share": 0.6, "inputs": "tokens"}


def tokens():
    return torch.randint(MODULUS, (11, POSITIONS), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("combine", ["concatenate", "add"])
def test_outputs_are_those_of_an_embedding_and_layers_of_torch(combine):
    model = EmbeddingMlp(embedding=3, hidden=(6, 7), combine=combine, activation="gelu")
    weights = {n: w[0] for n, w in stacked(model, (POSITIONS, MODULUS), spread=0.1).items()}
    table = torch.nn.Embedding.from_pretrained(weights["token"])
    widths = [3 if combine == "add" else 6, 6, 7, MODULUS]
    layers = [
        torch.nn.Linear(widths[i], widths[i + 1], dtype=torch.float64)
        for i in range(len(widths) - 1)
    ]
    for number, layer in enumerate(layers, 1):
        layer.weight.data, layer.bias.data = weights[f"weight_{number}"], weights[f"bias_{number}"]
    gelu = torch.nn.GELU()
    network = torch.nn.Sequential(layers[0], gelu, layers[1], gelu, layers[2])
    embedded = table(tokens())
    entering = embedded[:, 0] + embedded[:, 1] if combine == "add" else embedded.reshape(11, 6)
    torch.testing.assert_close(model.output(weights, tokens(), {}), network(entering))


@pytest.mark.parametrize(("combine", "alike"), [("add", True), ("concatenate", False)])
def test_the_order_of_tokens_is_lost_where_embeddings_are_added(combine, alike):
    model = EmbeddingMlp(embedding=3, hidden=(6,), combine=combine)
    weights = {n: w[0] for n, w in stacked(model, (POSITIONS, MODULUS)).items()}
    pair = [model.output(weights, given, {}) for given in (tokens(), tokens().flip(-1))]
    assert torch.allclose(*pair) is alike


def test_embeddings_have_variance_one():
    table = EmbeddingMlp(embedding=50, hidden=(6,)).draw_weights(2, 97, 0)["token"]
    assert abs((table**2).mean() - 1) < 0.05


def test_tokens_are_as_many_as_outputs_or_as_the_spec_says():
    assert EmbeddingMlp(embedding=3, hidden=(6,)).weight_shapes(2, 4)["token"] == (4, 3)
    assert EmbeddingMlp(embedding=3, hidden=(6,), tokens=9).weight_shapes(2, 4)["token"] == (9, 3)


def test_a_vocabulary_too_small_for_the_task_is_refused_with_its_remedy():
    model = {"kind": "embedding_mlp", "embedding": 3, "hidden": [6], "tokens": 4}
    run = experiment(task=TASK, model=model, record__probes=["loss"])
    with pytest.raises(GrokspecError, match=r"let model\.tokens be how many there are"):
        engine_of(run).train([run], "cpu")


def test_a_task_of_real_numbers_is_refused():
    model = {"kind": "embedding_mlp", "embedding": 3, "hidden": [6]}
    with pytest.raises(ValidationError, match="reads tokens; the task's inputs are real numbers"):
        experiment(task={**TASK, "inputs": "one_hot"}, model=model, record__probes=["loss"])


def test_a_network_memorizes():
    run = experiment(
        task=TASK,
        model={"kind": "embedding_mlp", "embedding": 8, "hidden": [32]},
        optimizer={"kind": "adamw", "learning_rate": 0.01},
        training={"steps": 200, "loss": "cross_entropy"},
        record__probes=["accuracy"],
    )
    with unchecked():
        history = engine_of(run).train([run], "cpu")[0]
    assert history.quantities["train_accuracy"][-1] == 1
