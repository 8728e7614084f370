"""What targets a loss takes: all others are refused, by their place, when a spec is read."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from array_data import divided, examples, write_arrays
from experiments import experiment
from public_files import stand_in
from pydantic import ValidationError
from small_losses import KINDS as LOSSES
from small_losses import SMALL

from grokspec.engines._data import draw_data
from grokspec.engines.base import engine_of
from grokspec.errors import GrokspecError
from grokspec.experiment import Experiment
from grokspec.losses.base import RULES, Loss
from grokspec.models.perceptron import Perceptron
from grokspec.models.transformer import Transformer
from grokspec.spec.template import _required
from grokspec.tasks._values import why_no_classes, why_no_probabilities
from grokspec.tasks.arrays import Arrays
from grokspec.tasks.base import Task
from grokspec.tasks.modular_addition import ModularAddition


@pytest.fixture(autouse=True)
def few_images(tmp_path, monkeypatch):
    stand_in(tmp_path / "data", monkeypatch)


def run(task, loss: str = "cross_entropy", probes=("loss",)) -> Experiment:
    model = {"kind": "perceptron", "hidden": [3]}
    if Task.alternatives[task["kind"]].model_validate(task).has_tokens:
        model = {"kind": "transformer", "width": 4, "mlp_width": 3, "heads": 2}
    return experiment(
        task=task,
        model=model,
        training={"steps": 1, "loss": loss},
        record={"probes": list(probes), "steps": {"log": 0}},
    )


def refusal(*given, **named) -> str:
    with pytest.raises(ValidationError) as caught:
        run(*given, **named)
    (error,) = caught.value.errors()
    return f"{'.'.join(map(str, error['ctx']['at']))}: {error['msg']}"


SMALLER = {
    "arrays": None,
    "mnist": {"side": 7},
    "modular_addition": {"modulus": 5},
    "modular_arithmetic": {"modulus": 5},
    "permutations": {"points": 3},
}
FROM_FILES = ("arrays", "function")
KINDS = [kind for kind in Task.alternatives if kind not in FROM_FILES]


TAKEN = {
    "numbers": lambda targets: True,
    "probabilities": lambda targets: targets.shape[1] > 1 and not why_no_probabilities(targets),
    "classes": lambda targets: targets.shape[1] > 1 and not why_no_classes(targets),
    "signs": lambda targets: targets.shape[1] == 1 and set(targets.flat) == {-1, 1},
}


@pytest.mark.parametrize("scale", [1.0, 4.0])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loss", LOSSES)
def test_every_task_is_refused_or_has_the_targets_that_the_loss_takes(kind, loss, scale):
    """A loss that takes them computes what torch's own does."""
    task = {"kind": kind, **_required(Task.alternatives[kind]), **SMALLER.get(kind, {})}
    sizes = Task.alternatives[kind].model_fields.keys() & {"train", "test"}
    task |= dict.fromkeys(sizes, 7) | {"label_scale": scale}
    data = Task.alternatives[kind].model_validate(task).draw(0)
    reads = Loss.alternatives[loss].reads
    if not TAKEN[reads](data.train_targets):
        assert refusal(task, loss).startswith(f"training.loss: {RULES[reads]}; ")
        return
    accepted = run(task, loss)
    first = engine_of(accepted).train([accepted], "cpu")[0].quantities["test_loss"][0]
    weights = {
        name: torch.tensor(weight)
        for name, weight in accepted.model.initial_weights(data, 0).items()
    }
    outputs = accepted.model.output(weights, torch.tensor(data.test_inputs), {})
    assert first == pytest.approx(SMALL[loss][1](outputs, torch.tensor(data.test_targets)).item())


ONE_HOT = np.eye(3)[np.arange(12) % 3]
SOFT = np.exp(np.random.default_rng(0).standard_normal((12, 3)))
SOFT /= SOFT.sum(1, keepdims=True)


def of_targets(folder, targets, **fields):
    file = write_arrays(folder / "x.npz", inputs=examples(12)["inputs"], targets=targets)
    return {"kind": "arrays", "file": str(file.path), "train": 8, **fields}


@pytest.mark.parametrize(
    ("targets", "fields"),
    [
        (ONE_HOT, {}),
        (ONE_HOT.astype(np.int8), {}),
        (SOFT, {}),
        (SOFT.astype(np.float32), {}),
        (np.full((12, 3), 1 / 3, np.float32), {}),
        (ONE_HOT - 1e-17, {}),
        (2 * ONE_HOT, {"label_scale": 0.5}),
    ],
)
def test_rows_of_probabilities_are_taken(tmp_path, targets, fields):
    accepted = run(of_targets(tmp_path, targets, **fields))
    assert engine_of(accepted).train([accepted], "cpu")[0].status == "finished"


CLASS_NUMBERS = "has one number for each example; save class numbers as one-hot rows, numpy.eye("
NO_PROBABILITIES = {
    "class_numbers": (np.arange(12) % 3, {}, CLASS_NUMBERS),
    "class_numbers_in_a_column": (np.arange(12)[:, None] % 3, {}, CLASS_NUMBERS),
    "one_class": (np.ones((12, 1)), {}, CLASS_NUMBERS),
    "signs": (2 * ONE_HOT - 1, {}, "row 0, counted from 0, is [1, -1, -1], with the sum -1; or"),
    "two_classes_at_once": (
        np.r_[ONE_HOT[:5], [[1, 0, 1]], ONE_HOT[6:]],
        {},
        'in "targets" of {}, row 5, counted from 0, is [1, 0, 1], with the sum 2; or choose "mse"',
    ),
    "no_class": (
        np.r_[ONE_HOT[:11], [[0, 0, 0]]],
        {},
        "row 11, counted from 0, is [0, 0, 0], with",
    ),
    "below_zero": (
        ONE_HOT + np.array([-0.01, 0.01, 0]),
        {},
        "row 1, counted from 0, is [-0.01, 1.01, 0], with the sum 1;",
    ),
    "scaled": (
        ONE_HOT,
        {"label_scale": 4.0},
        'in "targets" of {}, times task.label_scale = 4, row 0, counted from 0, is [4, 0, 0], with',
    ),
    "scaled_to_infinity": (4 * ONE_HOT, {"label_scale": 1e308}, "is [inf, 0, 0], with the sum inf"),
    "huge": (np.full((12, 3), 1e308), {}, "is [1e+308, 1e+308, 1e+308], with the sum inf"),
    "real": (examples(12)["inputs"], {}, "with the sum"),
    "rounded_too_much": (np.full((12, 3), 0.333), {}, "with the sum 0.999"),
}


@pytest.mark.parametrize(
    ("targets", "fields", "why"), NO_PROBABILITIES.values(), ids=NO_PROBABILITIES
)
def test_rows_that_are_no_probabilities_are_refused_by_their_place(tmp_path, targets, fields, why):
    task = of_targets(tmp_path, targets, **fields)
    message = refusal(task)
    assert message.startswith("training.loss: needs probabilities as targets, in each row none bel")
    assert why.format(task["file"]) in message
    run(task, "mse")


def test_targets_to_test_on_are_looked_at_too(tmp_path):
    parts = divided(train_targets=ONE_HOT[:8], test_targets=2 * ONE_HOT[8:])
    file = write_arrays(tmp_path / "x.npz", **parts)
    assert 'in "test_targets" of' in refusal({"kind": "arrays", "file": str(file.path)})


def test_those_of_a_large_file_are_looked_at_when_training_starts(tmp_path, monkeypatch):
    monkeypatch.setattr("grokspec.files.arrays.SMALL", 100)
    accepted = run(of_targets(tmp_path, 2 * ONE_HOT))
    why = (
        'task "arrays": in train_targets, row 0, counted from 0, is .*; loss "cross_entropy" needs'
    )
    with pytest.raises(GrokspecError, match=why):
        draw_data(accepted)


@pytest.mark.parametrize("part", ["train", "test"])
def test_those_of_a_task_of_ones_own_are_looked_at_when_training_starts(monkeypatch, part):
    draw = ModularAddition.draw

    def signs(self, seed):
        data = draw(self, seed)
        return replace(data, **{f"{part}_targets": 2 * getattr(data, f"{part}_targets") - 1})

    monkeypatch.setattr(ModularAddition, "draw", signs)
    with pytest.raises(GrokspecError, match=f'task "modular_addition": in {part}_targets, row 0'):
        draw_data(run({"kind": "modular_addition", "modulus": 3, "train_share": 0.5}))


# Signs


COLUMN = np.where(np.arange(12) % 3 == 0, 1.0, -1.0)[:, None]
NO_SIGNS = {
    "class_numbers": (
        COLUMN > 0,
        {},
        'in "targets" of {}, row 1, counted from 0, is [0], not 1 or',
    ),
    "twice_a_sign": (2 * COLUMN, {}, "row 0, counted from 0, is [2], not 1 or -1"),
    "scaled": (
        COLUMN,
        {"label_scale": 4.0},
        "times task.label_scale = 4, row 0, counted from 0, is",
    ),
    "classes": (ONE_HOT, {}, "the task has 3 outputs; or"),
    "noisy": (COLUMN, {"label_noise": 0.1}, "with task.label_noise = 0.1 they are any real numb"),
    "eigenvector": (COLUMN, {"eigenvector": 1}, "with task.eigenvector they are any real numbers"),
}


@pytest.mark.parametrize(("targets", "fields", "why"), NO_SIGNS.values(), ids=NO_SIGNS)
def test_what_are_no_signs_is_refused_by_its_place(tmp_path, targets, fields, why):
    task = of_targets(tmp_path, targets.astype(float), **fields)
    message = refusal(task, "hinge")
    assert message.startswith("training.loss: needs one target for each example, 1 or −1; ")
    assert why.format(task["file"]) in message
    run(task, "mse")


@pytest.mark.parametrize("fields", [{}, {"corrupted_labels": 0.2}])
def test_signs_are_taken(tmp_path, fields):
    accepted = run(of_targets(tmp_path, COLUMN, **fields), "hinge", ["loss", "accuracy"])
    assert engine_of(accepted).train([accepted], "cpu")[0].status == "finished"


@pytest.mark.parametrize(
    ("task", "why"),
    [
        ({"kind": "sparse_parity", "label_scale": 4.0}, "label_scale = 4 they are 4 or -4; leave"),
        ({"kind": "polynomial"}, "those of the task are any real numbers"),
    ],
)
def test_a_task_that_draws_no_signs_is_refused(task, why):
    assert why in refusal({"inputs": 5, "train": 7, **task}, "logistic")


@pytest.mark.parametrize(
    ("loss", "probe", "rule"),
    [("hinge", "loss", 'loss "hinge" needs one target'), ("mse", "accuracy", ".* from the sign")],
)
def test_targets_of_a_large_file_that_are_no_signs_are_refused_when_training_starts(
    tmp_path, monkeypatch, loss, probe, rule
):
    monkeypatch.setattr("grokspec.files.arrays.SMALL", 100)
    accepted = run(of_targets(tmp_path, np.maximum(COLUMN, 0)), loss, [probe])
    with pytest.raises(GrokspecError, match=f"row 1, counted from 0, is .0., not 1 or -1; {rule}"):
        draw_data(accepted)


# The class of an example, for the probe "accuracy"


@pytest.mark.parametrize("targets", [ONE_HOT, 2 * ONE_HOT - 1, SOFT, examples(12)["inputs"]])
def test_accuracy_is_taken_of_rows_with_one_largest_number(tmp_path, targets):
    run(of_targets(tmp_path, targets), "mse", ["accuracy"])


@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_accuracy_is_taken_of_a_sign_of_any_size(tmp_path, scale):
    run(of_targets(tmp_path, COLUMN, label_scale=scale), "mse", ["accuracy"])


def test_accuracy_is_refused_where_one_target_is_no_sign(tmp_path):
    assert refusal(of_targets(tmp_path, np.maximum(COLUMN, 0)), "mse", ["accuracy"]) == (
        "record.probes.0: needs a task with an output for each class, or one output and signs as "
        f'targets; in "targets" of {tmp_path}/x.npz, row 1, counted from 0, is [0], not 1 or -1'
    )


TIES = np.r_[ONE_HOT[:7], [[1, 0, 1]], ONE_HOT[8:]]


def test_accuracy_is_refused_where_a_row_has_two(tmp_path):
    message = refusal(of_targets(tmp_path, TIES), "mse", ["loss", "accuracy"])
    assert message == (
        "record.probes.1: reads the class of an example from the largest of its targets; in "
        f'"targets" of {tmp_path}/x.npz, row 7, counted from 0, is [1, 0, 1], with its largest '
        "number, 1, more than once"
    )


def test_accuracy_of_a_large_file_is_refused_when_training_starts(tmp_path, monkeypatch):
    monkeypatch.setattr("grokspec.files.arrays.SMALL", 100)
    accepted = run(of_targets(tmp_path, TIES), "mse", ["accuracy"])
    with pytest.raises(GrokspecError, match='more than once; probe "accuracy" reads the class'):
        draw_data(accepted)


# Tokens


TOKENS = np.stack(np.divmod(np.arange(12), 3), 1) % 3


def of_tokens(folder, *changes, **parts):
    inputs = TOKENS.copy()
    for place, token in changes:
        inputs[place] = token
    file = write_arrays(folder / "x.npz", **(parts or {"inputs": inputs, "targets": ONE_HOT}))
    return {"kind": "arrays", "file": str(file.path)} | ({} if parts else {"train": 8})


def test_tokens_below_the_number_of_outputs_are_taken(tmp_path):
    accepted = run(of_tokens(tmp_path))
    assert engine_of(accepted).train([accepted], "cpu")[0].status == "finished"


@pytest.mark.parametrize(
    ("place", "token"), [((0, 1), 3), ((11, 0), 4), ((5, 1), -1), ((2, 0), 2**40)]
)
def test_other_tokens_are_refused_by_their_place(tmp_path, place, token):
    assert refusal(of_tokens(tmp_path, (place, token))) == (
        f'task: in "inputs" of {tmp_path}/x.npz, row {place[0]} has {token} at position '
        f'{place[1]}, counted from 0; model "transformer" reads tokens from 0 to 2; number '
        "tokens from 0, or give the targets an output for each"
    )


def test_tokens_to_test_on_are_looked_at_too(tmp_path):
    parts = divided(
        train_inputs=TOKENS[:8],
        train_targets=ONE_HOT[:8],
        test_inputs=TOKENS[8:] + 1,
        test_targets=ONE_HOT[8:],
    )
    assert refusal(of_tokens(tmp_path, **parts)).startswith('task: in "test_inputs" of')


def test_fractions_are_no_tokens_and_whole_numbers_of_a_real_type_want_another(tmp_path):
    """The model is that of tokens, which the file does not have."""
    file = write_arrays(tmp_path / "x.npz", inputs=TOKENS.astype(float), targets=ONE_HOT)
    why = "reads tokens; the task's inputs are real numbers; save tokens as int64"
    with pytest.raises(ValidationError, match=re.escape(why)):
        experiment(
            task={"kind": "arrays", "file": str(file.path), "train": 8},
            model={"kind": "transformer", "width": 4, "mlp_width": 3},
        )


def test_tokens_to_train_on_and_real_numbers_to_test_on_are_refused(tmp_path):
    parts = divided(train_inputs=TOKENS[:8], test_inputs=TOKENS[8:].astype(float))
    file = write_arrays(tmp_path / "x.npz", **parts)
    with pytest.raises(ValidationError, match="one has whole numbers, which are tokens, and the"):
        Arrays(file=file)


def test_tokens_of_a_large_file_are_looked_at_when_training_starts(tmp_path, monkeypatch):
    monkeypatch.setattr("grokspec.files.arrays.SMALL", 100)
    accepted = run(of_tokens(tmp_path, ((slice(None), 1), 3)))
    with pytest.raises(GrokspecError, match="in train_inputs, row 0 has 3 at position 1, counted"):
        draw_data(accepted)


def test_tokens_that_a_task_of_ones_own_draws_as_real_numbers_are_refused(monkeypatch):
    draw = ModularAddition.draw

    def real(self, seed):
        data = draw(self, seed)
        return replace(data, test_inputs=data.test_inputs + 0.5)

    monkeypatch.setattr(ModularAddition, "draw", real)
    task = {"kind": "modular_addition", "modulus": 3, "train_share": 0.5, "inputs": "tokens"}
    with pytest.raises(GrokspecError, match="in test_inputs, the type is float64; tokens are who"):
        draw_data(run(task))


def test_a_model_without_a_vocabulary_takes_any_token(monkeypatch):
    """As a model of one's own may, that counts them, say."""
    task = ModularAddition(modulus=5, train_share=0.5, inputs="tokens")
    assert Perceptron(hidden=(3,)).vocabulary(task) is None
    assert Transformer(width=4, mlp_width=3).vocabulary(task) == 5
