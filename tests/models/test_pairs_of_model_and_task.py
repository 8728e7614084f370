"""Every model on every task: refused with the reason, or trained as plain autograd trains it."""

import itertools
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from array_data import examples, write_arrays
from public_files import stand_in
from pydantic import ValidationError
from small_models import described

from grokspec.engines.base import engine_of, with_engine
from grokspec.errors import GrokspecError
from grokspec.experiment import Experiment
from grokspec.models._matrix import SquareMatrix
from grokspec.models.base import Model
from grokspec.models.perceptron import Perceptron
from grokspec.spec.template import _required
from grokspec.tasks.base import Task
from grokspec.tasks.polynomial import Polynomial

FOLDER = TemporaryDirectory()
RATE, STEPS = 0.05, 3


def file_of(name: str, **arrays) -> str:
    return str(write_arrays(Path(FOLDER.name, f"{name}.npz"), **arrays).path)


TOKENS = np.stack(np.divmod(np.arange(12), 4), 1)
SMALLER = {
    "arrays": {"file": file_of("one", **examples(12)), "train": 8},
    "function": {
        "call": f"{Path(__file__).parents[1] / 'tasks' / 'drawing.py'}:draw",
        "inputs": 4,
        "train": 9,
        "test": 5,
    },
    "hermite": {"inputs": 4, "train": 9, "test": 5},
    "linear_teacher": {"inputs": 4, "outputs": 2, "train": 9, "test": 5},
    "polynomial": {"inputs": 4, "train": 9, "test": 5},
    "sklearn": {"train": 9, "test": 5},
    "sparse_linear": {"inputs": 4, "train": 9, "test": 5},
    "sparse_parity": {"inputs": 4, "train": 9, "test": 5},
    "student_teacher": {"teacher": [4], "train": 9, "test": 5},
    "xor_clusters": {"inputs": 4, "train": 9, "test": 5},
    "modular_addition": {"modulus": 5},
    "modular_arithmetic": {"modulus": 5},
    "permutations": {"points": 3},
}
"""Fields of grokspec's own tasks that make them quick; others have those of a starter."""
OTHER_FORMS = {
    "modular_addition on tokens": {"kind": "modular_addition", "inputs": "tokens"},
    "modular_arithmetic on tokens": {"kind": "modular_arithmetic", "inputs": "tokens"},
    "arrays of two outputs": {
        "kind": "arrays",
        "file": file_of("two", inputs=examples(12)["inputs"], targets=np.eye(2)[TOKENS[:, 0] % 2]),
    },
    "arrays of a column": {
        "kind": "arrays",
        "file": file_of("column", inputs=examples(12)["inputs"], targets=np.ones((12, 1))),
    },
    "arrays of tokens": {
        "kind": "arrays",
        "file": file_of("tokens", inputs=TOKENS, targets=np.eye(4)[TOKENS.sum(1) % 4]),
    },
}
"""Tasks of the same kind with inputs or targets of other shapes."""


def task(kind: str, **fields):
    return {"kind": kind} | _required(Task.alternatives[kind]) | SMALLER.get(kind, {}) | fields


TASKS = {name: task(name) for name in Task.alternatives} | {
    name: task(**fields) for name, fields in OTHER_FORMS.items()
}
MODELS = {name: described(name) for name in Model.alternatives}
PAIRS = list(itertools.product(MODELS, TASKS))


@pytest.fixture(autouse=True)
def few_images(tmp_path, monkeypatch):
    stand_in(tmp_path / "data", monkeypatch)
    monkeypatch.setitem(TASKS, "mnist", {"kind": "mnist", "train": 6, "test": 5, "side": 7})
    monkeypatch.setitem(TASKS, "mnist1d", {"kind": "mnist1d", "train": 6, "test": 5})
    monkeypatch.setitem(TASKS, "digits", {"kind": "digits", "train": 6, "test": 5})


def experiment(model: str, task: str) -> Experiment:
    written = MODELS[model]
    if model == "module":
        on = Task.alternatives[TASKS[task]["kind"]].model_validate(TASKS[task])
        written = written | {"arguments": {"outputs": on.output_size}}
    return with_engine(
        Experiment.model_validate(
            {
                "model": written,
                "task": TASKS[task],
                "optimizer": {"kind": "gradient_descent", "learning_rate": RATE},
                "training": {"steps": STEPS},
                "record": {"probes": ["loss"], "steps": {"log": 3}},
            }
        )
    )


def by_plain_autograd(run: Experiment) -> list[float]:
    """The training losses of gradient descent, of one run and without anything of the engines."""
    data = run.task.draw(run.seed)
    inputs, targets = (torch.tensor(a) for a in (data.train_inputs, data.train_targets))
    weights = {
        name: torch.tensor(w, requires_grad=True)
        for name, w in run.model.initial_weights(data, run.seed).items()
    }
    scalars = {
        name: torch.tensor(getattr(run.model, name), dtype=torch.float64)
        for name in run.model.stackable_fields()
    }
    losses = []
    for _ in range(STEPS + 1):
        outputs = run.model.alpha * run.model.output(weights, inputs, scalars)
        assert outputs.shape == targets.shape
        loss = torch.nn.functional.mse_loss(outputs, targets)
        losses.append(loss.item())
        slopes = torch.autograd.grad(loss, list(weights.values()), allow_unused=True)
        with torch.no_grad():
            for weight, slope in zip(weights.values(), slopes, strict=True):
                weight -= RATE * (0 if slope is None else slope)
    return losses


@pytest.mark.parametrize(("model", "task"), PAIRS)
def test_a_pair_is_refused_with_its_reason_or_trains_as_plain_autograd_does(model, task):
    try:
        run = experiment(model, task)
    except ValidationError as error:
        (refusal,) = error.errors()
        assert (why := why_not(model, task))
        assert why in refusal["msg"]
        return
    history = engine_of(run).train([run], "cpu")[0]
    assert not why_not(model, task)
    assert history.steps.tolist() == list(range(STEPS + 1))
    assert history.quantities["train_loss"] == pytest.approx(by_plain_autograd(run), rel=1e-9)


def why_not(model: str, task: str) -> str:
    """The reason for which a pair has to be refused, or nothing."""
    kind, drawn = Model.alternatives[MODELS[model]["kind"]], Task.alternatives[TASKS[task]["kind"]]
    on = drawn.model_validate(TASKS[task])
    if kind.has_one_output and on.output_size > 1:
        return f'"{model}" has one output and the task has {on.output_size}; choose a model with'
    if issubclass(kind, SquareMatrix) and not on.has_tokens and on.input_size != 4:
        return f"must be a matrix of side² = 4; those of the task have {on.input_size}"
    if not kind.takes_numbers and not on.has_tokens:
        return "reads tokens; the task's inputs are real numbers"
    if on.has_tokens and not kind.takes_tokens:
        return f'inputs are whole numbers, which model "{model}" cannot take'
    return ""


def test_the_remedy_names_the_models_that_fit():
    with pytest.raises(
        ValidationError, match="choose a model with as many: linear, module, perceptron "
    ):
        experiment("committee", "student_teacher")
    with pytest.raises(
        ValidationError,
        match="choose a model with as many: deep_transformer, embedding_mlp, module, transformer ",
    ):
        experiment("committee", "modular_addition on tokens")


# Kinds from outside that promise other shapes than they give


def train(**training):
    run = with_engine(
        Experiment.model_validate(
            {
                "task": Polynomial(inputs=3, train=4, test=4),
                "model": Perceptron(hidden=(3,)),
                "optimizer": {"kind": "gradient_descent", "learning_rate": 0.1},
                "training": {"steps": 1} | training,
                "record": {"probes": ["weight_norm"]},
            }
        )
    )
    return engine_of(run).train([run], "cpu")


@pytest.mark.parametrize("part", ["train", "test"])
def test_targets_of_another_shape_than_the_task_says_are_refused(monkeypatch, part):
    draw = Polynomial.draw

    def flat(self, seed):
        data = draw(self, seed)
        return replace(data, **{f"{part}_targets": getattr(data, f"{part}_targets")[:, 0]})

    monkeypatch.setattr(Polynomial, "draw", flat)
    with pytest.raises(GrokspecError, match=rf"{part}_targets of the shape \(4,\).* \(4, 1\)"):
        train()


def test_fresh_targets_of_another_shape_are_refused(monkeypatch):
    fresh = Polynomial.fresh_examples

    def flat(self, data, generator):
        inputs, targets = fresh(self, data, generator)
        return inputs, targets[:, 0]

    monkeypatch.setattr(Polynomial, "fresh_examples", flat)
    with pytest.raises(GrokspecError, match=r"train_targets of the shape \(4,\)"):
        train(fresh=True)


def test_outputs_of_another_shape_than_the_targets_are_refused(monkeypatch):
    output = Perceptron.output
    monkeypatch.setattr(Perceptron, "on", Model.on)
    monkeypatch.setattr(Perceptron, "output", lambda *given: output(*given).expand(-1, 4))
    with pytest.raises(GrokspecError, match=r"shape \(1, 4, 4\) .* must be \(1, 4, 1\)"):
        train()


@pytest.mark.parametrize("slope", [lambda bias: bias.mean(1, keepdim=True), lambda bias: None])
def test_a_pullback_of_another_shape_than_the_weights_is_refused(monkeypatch, slope):
    on = Perceptron.on

    def broken(self, inputs, scalars):
        evaluate = on(self, inputs, scalars)

        def wrong(weights):
            value, pullback = evaluate(weights)
            return value, lambda cotangent: {
                name: new
                for name, old in pullback(cotangent).items()
                if (new := slope(old) if name == "bias_1" else old) is not None
            }

        return wrong

    monkeypatch.setattr(Perceptron, "on", broken)
    with pytest.raises(GrokspecError, match=r'gives "bias_1" the shape .* of the weight, \(1, 3\)'):
        train()
