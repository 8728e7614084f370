"""Losses of one's own."""

import importlib.util
from pathlib import Path

import pytest
import torch
from experiments import experiment
from pydantic import ValidationError

from grokspec.engines.base import engine_of
from grokspec.errors import GrokspecError
from grokspec.files.python import PythonName, UserCodeError
from grokspec.losses._function import CalledLoss
from grokspec.store.fingerprint import sources

FILE = Path(__file__).with_name("hinges.py")
spec = importlib.util.spec_from_file_location("hinges_by_hand", FILE)
hinges = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hinges)
RATE, STEPS = 0.1, 5


def run(loss, seed=0):
    return experiment(
        model={"kind": "perceptron", "hidden": [5]},
        optimizer={"kind": "gradient_descent", "learning_rate": RATE},
        training={"steps": STEPS, "loss": loss},
        record={"steps": {"log": 8}, "probes": ["loss"]},
        seed=seed,
    )


def named(name):
    return f"{FILE}:{name}"


def losses(*runs):
    return [h.quantities["train_loss"] for h in engine_of(runs[0]).train(runs, "cpu")]


def by_hand(described, loss):
    data = described.task.draw(described.seed)
    inputs, targets = (torch.from_numpy(a) for a in (data.train_inputs, data.train_targets))
    weights = {
        name: torch.tensor(w, requires_grad=True)
        for name, w in described.model.initial_weights(data, described.seed).items()
    }
    values = []
    for _ in range(STEPS + 1):
        value = loss(described.model.output(weights, inputs, {}), targets)
        values.append(value.item())
        slopes = torch.autograd.grad(value, list(weights.values()))
        with torch.no_grad():
            for weight, slope in zip(weights.values(), slopes, strict=True):
                weight -= RATE * slope
    return values


@pytest.mark.parametrize("name", ["hinge", "by_numbers"])
@pytest.mark.parametrize("seeds", [1, 3])
def test_a_function_is_minimized_and_recorded(name, seeds):
    runs = [run(named(name), seed) for seed in range(seeds)]
    for described, values in zip(runs, losses(*runs), strict=True):
        by_loop = by_hand(described, getattr(hinges, name))
        assert values == pytest.approx(by_loop, rel=1e-9)


def test_one_of_torch_will_do():
    (values,), (expected,) = losses(run("torch.nn.functional:mse_loss")), losses(run("mse"))
    assert values == pytest.approx(expected)


def test_a_result_depends_on_the_function_and_not_on_its_neighbors():
    found = {name for name in sources(run(named("hinge"))) if name.startswith("hinges.py")}
    assert found == {"hinges.py:hinge"}


def test_the_baseline_is_the_loss_of_the_zero_predictor():
    described = run(named("hinge"))
    probes = {"steps": {"log": 0}, "probes": ["baseline"]}
    (history,) = engine_of(described).train(
        [described.model_copy(update={"record": type(described.record).model_validate(probes)})],
        "cpu",
    )
    assert history.quantities["baseline"] == 1.0


@pytest.mark.parametrize(("name", "together"), [("hinge", True), ("by_numbers", False)])
def test_gradients_of_a_stack_are_taken_together_where_vmap_can(name, together):
    loss = CalledLoss(PythonName.find(named(name)))
    outputs, targets = torch.randn(2, 3, 4, 2, dtype=torch.float64)
    first = loss.gradient(outputs, targets, {})
    assert loss._together is together
    torch.testing.assert_close(loss.gradient(outputs, targets, {}), first)


def test_a_functions_loss_is_written_as_its_name():
    assert run(named("hinge")).described["training"]["loss"] == "hinges.py:hinge"


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("squares", GrokspecError, r"returns a tensor of the shape \(20, 1\).*one real number"),
        ("number", GrokspecError, "returns float; it must return a tensor"),
        ("detached", GrokspecError, "cannot be differentiated: its value does not depend on"),
        ("failing", UserCodeError, 'ValueError: no loss today\n.*\n.*hinges.py", line'),
    ],
)
@pytest.mark.parametrize("seeds", [1, 2])
def test_what_is_no_loss_is_refused_with_the_reason(name, error, message, seeds):
    with pytest.raises(error, match=message):
        losses(*(run(named(name), seed) for seed in range(seeds)))


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (named("hing"), 'hinges.py: defines no hing; did you mean "hinge"?'),
        ("mze", "Input tag 'mze' found using 'kind' does not match any of the expected tags"),
        (3, "Input should be a valid dictionary or object to extract fields from"),
    ],
)
def test_a_wrong_name_has_one_message(loss, message):
    with pytest.raises(ValidationError) as caught:
        run(loss)
    (error,) = caught.value.errors()
    assert error["msg"].startswith(message)
