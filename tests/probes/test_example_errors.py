import numpy as np
import pytest
from experiments import experiment

from grokspec.engines.base import engine_of
from grokspec.probes.example_errors import ExampleErrors

TASK = {
    "kind": "student_teacher",
    "inputs": 3,
    "outputs": 4,
    "teacher": [6],
    "train": 9,
    "test": 7,
}


def described(**changes):
    return experiment(
        task=TASK,
        model={"kind": "perceptron", "hidden": [8], "activation": "tanh"},
        optimizer={"kind": "adamw", "learning_rate": 0.01},
        record__probes=["loss", "example_errors"],
        **changes,
    )


@pytest.fixture(scope="module")
def recorded():
    run = described()
    return engine_of(run).train([run], "cpu")[0].quantities


def test_the_mean_over_examples_of_their_squared_errors_is_the_loss(recorded):
    for split in ("train", "test"):
        mean = recorded[f"{split}_squared_errors"].mean(-1)
        assert mean == pytest.approx(recorded[f"{split}_loss"], rel=1e-10)


def test_errors_are_those_of_the_first_predictor_at_the_first_record(recorded):
    run = described()
    data = run.task.draw(run.seed)
    weights = run.model.initial_weights(data, run.seed)
    hidden = np.tanh(data.test_inputs @ weights["weight_1"].T + weights["bias_1"])
    error = hidden @ weights["weight_2"].T + weights["bias_2"] - data.test_targets
    assert recorded["test_squared_errors"][0] == pytest.approx((error**2).mean(1))
    assert recorded["test_largest_errors"][0] == pytest.approx(np.abs(error).max(1))


def test_the_largest_error_is_at_least_the_root_mean_square_one(recorded):
    for split in ("train", "test"):
        squared, largest = (recorded[f"{split}_{e}_errors"] for e in ("squared", "largest"))
        assert (largest >= squared**0.5 * (1 - 1e-12)).all()
        assert (largest <= (4 * squared) ** 0.5 * (1 + 1e-12)).all()  # of four outputs


def test_there_is_an_error_for_each_example_at_each_record(recorded):
    records = len(described().recorded_steps)
    for name in ExampleErrors(kind="example_errors").quantities:
        assert recorded[name].shape == (records, 9 if name.startswith("train") else 7)
