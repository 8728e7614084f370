"""Dropout: in steps alone, by each run's own seed, however runs are stacked."""

import numpy as np
import pytest
import torch
from experiments import experiment
from pydantic import ValidationError
from shape_checks import unchecked
from small_models import described, stacked

from grokspec.engines.base import engine_of
from grokspec.models._dropout import Dropping
from grokspec.models._dropping_evaluator import DroppingEvaluator
from grokspec.models.base import Model
from grokspec.models.perceptron import Perceptron
from grokspec.rng import generator

KINDS = [kind for kind, model in Model.alternatives.items() if issubclass(model, Dropping)]
STEPS, RATE = 4, 0.1


def run(kind="perceptron", dropout=0.3, seed=0, training=None, **fields):
    tokens = Model.alternatives[kind].takes_tokens
    return experiment(
        task={
            "kind": "modular_addition",
            "modulus": 5,
            "train_share": 0.6,
            "inputs": "tokens" if tokens else "one_hot",
        },
        model=described(kind) | {"dropout": dropout} | fields,
        optimizer={"kind": "gradient_descent", "learning_rate": RATE},
        training={"steps": STEPS} | (training or {}),
        record={"steps": {"log": 5}, "probes": ["loss"]},
        seed=seed,
    )


def losses(*runs):
    with unchecked():
        return [h.quantities["train_loss"] for h in engine_of(runs[0]).train(runs, "cpu")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_does_not_depend_on_the_others_of_its_stack(kind):
    chances = [0.0, 0.3, 0.6]
    runs = [run(kind, chance, seed, {"batch": 4}) for seed, chance in enumerate(chances)]
    for together, alone in zip(losses(*runs), (losses(each)[0] for each in runs), strict=True):
        assert together == pytest.approx(alone, rel=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_measured_drops_nothing_and_what_is_trained_does(kind):
    (with_dropout,), (without,) = losses(run(kind, 0.5)), losses(run(kind, 0.0))
    assert with_dropout[0] == pytest.approx(without[0], rel=1e-12)
    assert with_dropout[-1] != pytest.approx(without[-1], rel=1e-6)


def test_a_loop_by_hand_with_the_same_draws_trains_alike():
    described = run(hidden=[6, 7], mean_output=False)
    data, chance = described.task.draw(0), described.model.dropout
    x, y = (torch.tensor(a) for a in (data.train_inputs, data.train_targets))
    drawn = described.model.initial_weights(data, 0)
    weights = {name: torch.tensor(w, requires_grad=True) for name, w in drawn.items()}
    source, linear = generator(0, "dropout"), torch.nn.functional.linear

    def loss(masks):
        value = x
        for layer, mask in enumerate(masks, 1):
            value = linear(value, weights[f"weight_{layer}"], weights[f"bias_{layer}"]).relu()
            value = value * mask / (1 - chance)
        outputs = linear(value, weights["weight_3"], weights["bias_3"])
        return torch.nn.functional.mse_loss(outputs, y)

    for _ in range(STEPS):
        uniform = [source.random((len(x), width), dtype=np.float32) for width in (6, 7)]
        step = loss([torch.from_numpy(u >= chance).double() for u in uniform])
        slopes = torch.autograd.grad(step, list(weights.values()))
        with torch.no_grad():
            for weight, slope in zip(weights.values(), slopes, strict=True):
                weight -= RATE * slope
    assert losses(described)[0][-1] == pytest.approx(loss([1 - chance] * 2).item(), rel=1e-9)


def test_outputs_are_right_on_average():
    """Of a linear network, because what is left is multiplied by 1/(1 − p)."""
    model = Perceptron(hidden=(200,), activation="identity", dropout=0.4)
    weights, inputs = stacked(model, (3, 1), 1), torch.ones(1, 500, 3, dtype=torch.float64)
    scalars = {"dropout": torch.tensor([0.4], dtype=torch.float64)}
    evaluator = model.evaluator([0], weights, scalars, lambda: inputs)
    assert isinstance(evaluator, DroppingEvaluator)
    dropped, whole = (on(inputs)(weights)[0] for on in (evaluator.on, evaluator.measured_on))
    error = dropped.std() / 500**0.5
    assert (dropped.mean() - whole.mean()).abs() < 4 * error


def test_runs_of_one_seed_drop_the_same_units():
    """A paired design; these two hardly differ in anything else."""
    one, other = losses(run(), run(sigma=1.0 + 1e-9))
    assert one == pytest.approx(other, rel=1e-6)


@pytest.mark.parametrize("field", ["centered", "linearized"])
def test_a_network_with_dropout_is_no_one_function_to_center_or_expand(field):
    with pytest.raises(ValidationError, match=f"{field} = true needs outputs that depend on"):
        run(**{field: True})
