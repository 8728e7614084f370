"""The task on a user's arrays: what is drawn from the file, and what is refused."""

import json

import numpy as np
import pytest
from array_data import divided, examples, write_arrays
from experiments import EXPERIMENT, experiment
from pydantic import ValidationError

from grokspec.engines.base import engine_of
from grokspec.errors import GrokspecError
from grokspec.spec import read_spec
from grokspec.tasks.arrays import Arrays


@pytest.fixture(params=["npz", "safetensors"])
def write(request, tmp_path):
    """Writes arrays into a file and returns a task on it."""

    def write(arrays, **fields) -> Arrays:
        return Arrays(file=write_arrays(tmp_path / f"x.{request.param}", **arrays), **fields)

    return write


def test_a_divided_file_is_taken_as_it_is_whatever_the_seed(write):
    task, parts = write(divided()), divided()
    for seed in (0, 1):
        data = task.draw(seed)
        assert np.array_equal(data.train_inputs, parts["train_inputs"])
        assert np.array_equal(data.train_targets[:, 0], parts["train_targets"])
        assert np.array_equal(data.test_inputs, parts["test_inputs"])
        assert np.array_equal(data.test_targets[:, 0], parts["test_targets"])


def test_each_seed_divides_an_undivided_file_in_its_own_way_and_loses_no_example(write):
    task, whole = write(examples(12), train=8), examples(12)
    first, second = task.draw(0), task.draw(1)
    assert not np.array_equal(first.train_inputs, second.train_inputs)
    for data in (first, second):
        inputs = np.concatenate([data.train_inputs, data.test_inputs])
        targets = np.concatenate([data.train_targets, data.test_targets])[:, 0]
        order = np.lexsort(inputs.T)
        original = np.lexsort(whole["inputs"].T)
        assert np.array_equal(inputs[order], whole["inputs"][original])
        assert np.array_equal(targets[order], whole["targets"][original])


def test_more_training_examples_are_those_there_were_and_others(write):
    few, more = (write(examples(12), train=n, test=3).draw(0) for n in (4, 8))
    assert np.array_equal(few.train_inputs, more.train_inputs[:4])
    assert np.array_equal(few.test_inputs, more.test_inputs)


def test_targets_may_have_several_outputs(write):
    x = examples(12)["inputs"]
    task = write({"inputs": x, "targets": x[:, :3]}, train=8)
    data = task.draw(0)
    assert task.output_size == 3
    assert np.array_equal(data.train_targets, data.train_inputs[:, :3])


def test_the_baseline_is_the_mean_squared_test_target(write):
    data = write(divided(), label_scale=2.0).draw(0)
    assert data.baseline == pytest.approx(4 * np.mean(divided()["test_targets"] ** 2))


def test_inputs_of_whole_numbers_stay_tokens_and_targets_become_real(write):
    tokens = np.arange(24, dtype=np.uint8).reshape(12, 2)
    task = write({"inputs": tokens, "targets": tokens[:, 0]}, train=8)
    data = task.draw(0)
    assert task.has_tokens
    assert (data.train_inputs.dtype, data.train_targets.dtype) == (np.int64, np.float64)
    with pytest.raises(ValidationError, match="inputs are whole numbers, which model"):
        described(task)


def described(task: Arrays):
    return experiment(task=task, record={"probes": ["loss", "baseline"]})


def test_real_inputs_are_no_tokens(write):
    assert not write(divided()).has_tokens


def test_an_eigenvector_may_take_the_place_of_targets(write):
    inputs = {name: array for name, array in divided().items() if "inputs" in name}
    run = described(write(inputs, eigenvector=2))
    assert (run.task.sizes, run.task.output_size) == ((8, 4), 1)
    (history,) = engine_of(run).train([run], "cpu")
    assert history.quantities["baseline"] > 0


@pytest.mark.parametrize("engine", ["moments", "autograd"])
def test_losses_are_those_on_the_examples_of_the_file(write, engine):
    """At step 0, where the network is known: g = ⟨h + ½εh²⟩ over its hidden units."""
    run = experiment(
        task=write(divided(), label_scale=3.0),
        engine=engine,
        record={"probes": ["loss"], "steps": {"log": 1}},
    )
    hidden = run.model.draw_weights(4, 1, run.seed)["hidden"]
    quantities, parts = engine_of(run).train([run], "cpu")[0].quantities, divided()
    for part in ("train", "test"):
        fields = parts[f"{part}_inputs"] @ hidden.T
        output = (fields + 0.5 * run.model.epsilon * fields**2).mean(1)
        loss = np.mean((3 * parts[f"{part}_targets"] - output) ** 2)
        assert quantities[f"{part}_loss"][0] == pytest.approx(loss)


REFUSED = {
    "no_inputs": (
        {"X": np.ones((3, 2)), "y": np.ones(3)},
        {},
        'must hold either "inputs" or both "train_inputs" and "test_inputs"; it holds X, y',
    ),
    "both": (
        divided() | examples(),
        {},
        'must hold either "inputs" or both "train_inputs" and "test_inputs"; it holds',
    ),
    "no_test": (divided(test_inputs=None), {}, 'has no array "test_inputs"; it has test_targ'),
    "no_targets": (divided(train_targets=None), {}, 'has no array "train_targets"; it has'),
    "too_long": (
        divided(train_targets=np.ones(9)),
        {},
        '"train_inputs" has 8 examples and "train_targets" has 9; each example is one row of both',
    ),
    "other_inputs": (
        divided(test_inputs=np.ones((4, 5))),
        {},
        "its examples to train and to test on differ in their inputs or outputs: 4 and 5 inputs",
    ),
    "other_outputs": (divided(test_targets=np.ones((4, 2))), {}, "1 and 2 outputs"),
    "images": (
        divided(train_inputs=np.ones((8, 2, 2))),
        {},
        '"train_inputs" has the shape [8, 2, 2]; it must be [example, input]',
    ),
    "deep_targets": (
        divided(train_targets=np.ones((8, 1, 1))),
        {},
        '"train_targets" has the shape [8, 1, 1]; it must be [example, output]',
    ),
    "single_target": (
        divided(train_targets=np.ones(())),
        {},
        '"train_targets" has the shape []; it must be [example, output]',
    ),
    "not_finite": (
        divided(test_targets=[1, np.nan, 2, 3]),
        {},
        '"test_targets" has nan at [1], counted from 0',
    ),
    "not_divided": (examples(), {}, "has 12 examples that are not divided; say how many of them"),
    "too_many": (
        examples(),
        {"train": 12},
        "has 12 examples, too few to train on 12 and to test on 1 more",
    ),
    "too_many_tested": (
        examples(),
        {"train": 8, "test": 5},
        "has 12 examples, too few to train on 8 and to test on 5 more",
    ),
    "divided_twice": (
        divided(),
        {"train": 4},
        "divides the examples itself, into train_inputs and test_inputs; leave this out",
    ),
    "eigenvector": (examples(), {"train": 4, "eigenvector": 13}, "no more eigenvectors"),
    "eigenvector_of_two": (
        examples() | {"targets": np.ones((12, 2))},
        {"train": 4, "eigenvector": 1},
        "is for tasks of one output",
    ),
    "eigenvector_of_none": (
        {"X": np.ones((3, 2))},
        {"eigenvector": 1},
        'must hold either "inputs"',
    ),
}


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
@pytest.mark.parametrize(("arrays", "fields", "why"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused_when_the_spec_is_read(tmp_path, arrays, fields, why, ending):
    write_arrays(tmp_path / f"x.{ending}", **arrays)
    described = EXPERIMENT | {
        "task": {"kind": "arrays", "file": f"x.{ending}", **fields},
        "record": {"probes": ["loss"]},
    }
    spec = tmp_path / "x.toml"
    spec.write_text("\n".join(f"{name} = {inline(part)}" for name, part in described.items()))
    with pytest.raises(GrokspecError) as caught:
        read_spec(spec)
    (mistake,) = caught.value.mistakes
    assert mistake.place.startswith(f"{spec}:1:")
    assert mistake.message.startswith("task.")
    assert why in mistake.message


def inline(value) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {inline(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)


def test_numbers_of_a_large_file_are_looked_at_when_training_starts(tmp_path, monkeypatch):
    monkeypatch.setattr("grokspec.files.arrays.SMALL", 100)
    file = write_arrays(tmp_path / "x.npz", **divided(test_targets=[1, np.inf, 2, 3]))
    task = Arrays(file=file)
    with pytest.raises(GrokspecError, match=r'x\.npz: "test_targets" has inf at \[1\]'):
        task.draw(0)
