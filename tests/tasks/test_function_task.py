"""Data that a function of the user's own draws."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from experiments import experiment
from pydantic import ValidationError

from grokspec.engines.base import engine_of
from grokspec.errors import GrokspecError
from grokspec.files.python import UserCodeError
from grokspec.store.fingerprint import sources
from grokspec.tasks.function import FunctionTask

FILE = Path(__file__).with_name("drawing.py")


def task(name, **changes):
    sizes = {"inputs": 4, "train": 9, "test": 5}
    return FunctionTask.model_validate({"call": f"{FILE}:{name}"} | sizes | changes)


def run(name, **changes):
    return experiment(
        task=task(name, **changes),
        model={"kind": "perceptron", "hidden": [5]},
        optimizer={"kind": "gradient_descent", "learning_rate": 0.1},
        record={"probes": ["loss", "baseline"]},
    )


def train(described):
    return engine_of(described).train([described], "cpu")[0]


def test_arrays_are_those_of_the_function_scaled():
    data = task("draw", label_scale=2.0, arguments={"noise": 0.1}).draw(3)
    source = np.random.default_rng(3)
    x = source.standard_normal((14, 4))
    y = 2 * (x[:, 0] + 0.1 * source.standard_normal(14))[:, None]
    assert data.train_inputs == pytest.approx(x[:9])
    assert data.test_inputs == pytest.approx(x[9:])
    assert data.train_targets == pytest.approx(y[:9])
    assert data.test_targets == pytest.approx(y[9:])
    assert data.baseline == pytest.approx((y[9:] ** 2).mean())


def test_the_generators_are_set_to_the_seed_and_left_as_they_were():
    torch.manual_seed(3)
    np.random.seed(3)
    random.seed(3)
    x = torch.randn(14, 1, 2, 2) + np.random.rand() + random.random()
    outside = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    images = task("images", outputs=2)
    data, again, other = images.draw(3), images.draw(3), images.draw(4)
    assert data.train_inputs == pytest.approx(x[:9].flatten(1).double().numpy())
    assert (data.test_targets == again.test_targets).all()
    assert (data.test_targets != other.test_targets).any()
    assert torch.equal(torch.get_rng_state(), outside[0])
    assert (np.random.get_state()[1].tolist(), random.getstate()) == outside[1:]


@pytest.mark.parametrize(("name", "outputs"), [("draw", 1), ("images", 2)])
def test_networks_train_on_them(name, outputs):
    history = train(run(name, outputs=outputs))
    losses = history.quantities["train_loss"]
    assert losses[-1] < losses[0]


def test_tokens_stay_whole_numbers():
    assert task("tokens", inputs=2, outputs=5, tokens=True).draw(0).train_inputs.dtype == np.int64
    assert task("tokens", inputs=2, outputs=5).draw(0).train_inputs.dtype == np.float64


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("nothing", GrokspecError, "returns NoneType; it must return train_inputs, train_targets"),
        ("three", GrokspecError, "returns tuple; it must return"),
        ("misnamed", GrokspecError, "returns a dict with train_inputs, targets; it must return"),
        ("texts", GrokspecError, "train_inputs is no array of numbers: its type is <U1"),
        ("ragged", GrokspecError, "train_inputs is no array of numbers: .*inhomogeneous"),
        ("infinite", GrokspecError, "train_inputs has numbers that are not finite"),
        ("larger", GrokspecError, r"train_inputs of the shape \(9, 5\); .* must be \(9, 4\)"),
        ("failing", UserCodeError, r"ValueError: no data today, only \['seed'\]\n.*\n.*drawing.py"),
    ],
)
def test_what_cannot_be_trained_on_is_refused_with_the_reason(name, error, message):
    with pytest.raises(error, match=message):
        train(run(name))


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("draw", {"nose": 1}, 'did you mean "noise"?'),
        ("draw", {"seed": 1}, "grokspec gives seed; remove it here"),
        ("drow", {}, 'defines no drow; did you mean "draw"?'),
    ],
)
def test_mistakes_are_found_without_running_the_file(monkeypatch, name, arguments, message):
    monkeypatch.setattr("grokspec.files.python.run_file", None)
    with pytest.raises(ValidationError) as caught:
        task(name, arguments=arguments)
    assert message in caught.value.errors()[0]["msg"]


def test_a_result_depends_on_the_function_and_not_on_its_neighbors():
    found = {name for name in sources(run("draw")) if name.startswith("drawing.py")}
    assert found == {"drawing.py:draw", "drawing.py:np"}
