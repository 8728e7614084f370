"""Modules of one's own: as a loop by hand trains them, in stacks and alone."""

import importlib.util
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from array_data import write_arrays
from pydantic import ValidationError
from shape_checks import unchecked
from torch import nn

from grokspec import theory
from grokspec.engines.base import engine_of, with_engine
from grokspec.errors import GrokspecError
from grokspec.experiment import Experiment
from grokspec.files.python import UserCodeError
from grokspec.models import _module_evaluator

FILE = Path(__file__).with_name("nets.py")
spec = importlib.util.spec_from_file_location("nets_by_hand", FILE)
nets = importlib.util.module_from_spec(spec)
spec.loader.exec_module(nets)

RATE, STEPS = 0.1, 6

ZOO = {
    "a layer of torch": ("torch.nn:Linear", {"in_features": 16, "out_features": 2}, None),
    "an MLP": ("mlp", {"width": 5}, None),
    "a CNN": ("CNN", {"width": 3}, [1, 4, 4]),
    "a CNN with BatchNorm": ("CNN", {"width": 3, "norm": True}, [1, 4, 4]),
    "a CNN with dropout": ("CNN", {"width": 3, "dropout": 0.3}, [1, 4, 4]),
    "a GRU": ("Recurrent", {}, [4, 4]),
    "attention": ("Attention", {"dropout": 0.0}, [4, 4]),
    "attention with dropout": ("Attention", {"dropout": 0.1}, [4, 4]),
    "an embedding of tokens": ("Tokens", {}, None),
    "control flow": ("Branching", {}, None),
    "tied weights": ("Tied", {}, None),
    "frozen weights": ("Frozen", {}, None),
    "weight norm": ("normalized", {}, None),
    "spectral norm": ("spectral", {}, None),
    "a lazy layer": ("torch.nn:LazyLinear", {"out_features": 2}, None),
}
"""Class, arguments and input shape of networks that can be trained."""

DRAWING = ("a CNN with dropout", "attention with dropout")
CHANGING = ("a CNN with BatchNorm", "spectral norm")
ALONE = (*DRAWING, *CHANGING, "control flow", "frozen weights", "a GRU", "weight norm")
"""Those that cannot be trained by vmap: the third has tensors of its own in each run, outside its
buffers, and torch has no batching rule for the last two."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two tasks of two outputs: 16 real numbers, and 3 tokens."""
    folder, source = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    targets = source.normal(size=(20, 2))
    return {
        False: write_arrays(
            folder / "real.npz", inputs=source.normal(size=(20, 16)), targets=targets
        ).path,
        True: write_arrays(
            folder / "tokens.npz", inputs=source.integers(0, 5, (20, 3)), targets=targets
        ).path,
    }


@pytest.fixture(autouse=True)
def threads():
    with unchecked():
        yield


def written(name: str) -> str:
    return name if ":" in name else f"{FILE}:{name}"


def described(files, name, arguments=None, shape=None, seed=0, **changes):
    model = {"kind": "module", "class": written(name), "arguments": arguments or {}}
    parts = {
        "task": {"kind": "arrays", "file": str(files[name == "Tokens"]), "train": 12},
        "model": model if shape is None else model | {"input_shape": shape},
        "optimizer": {"kind": "gradient_descent", "learning_rate": RATE},
        "training": {"steps": STEPS},
        "record": {"probes": ["loss"], "steps": {"log": 10}},
        "seed": seed,
    }
    for path, value in changes.items():
        table, _, field = path.partition("__")
        parts[table] = parts[table] | {field: value} if field else value
    return with_engine(Experiment.model_validate(parts))


def train(*runs):
    return engine_of(runs[0]).train(runs, "cpu")


def called(name, arguments):
    place, _, attribute = name.rpartition(":")
    found = nets if not place else importlib.import_module(place)
    return getattr(found, attribute)(**arguments)


def by_hand(run, name, arguments, shape, precision=torch.float64):
    """The loop that a user would write; the training and test losses, in evaluation mode."""
    data = run.task.draw(run.seed)
    inputs, tests = (torch.from_numpy(x) for x in (data.train_inputs, data.test_inputs))
    targets, test_targets = (
        torch.from_numpy(y).to(precision) for y in (data.train_targets, data.test_targets)
    )
    if inputs.is_floating_point():
        inputs, tests = inputs.to(precision), tests.to(precision)
    if shape is not None:
        inputs, tests = inputs.view(-1, *shape), tests.view(-1, *shape)
    torch.manual_seed(run.seed)
    module = called(name, arguments)
    if name.endswith(("LazyLinear", "Tokens")):
        module(inputs[:1].float() if inputs.is_floating_point() else inputs[:1])
    torch.set_default_dtype(precision)
    module = module.to(precision)
    optimizer = torch.optim.SGD((p for p in module.parameters() if p.requires_grad), lr=RATE)
    losses = []
    for step in range(STEPS + 1):
        module.eval()
        with torch.no_grad():
            pairs = (inputs, targets), (tests, test_targets)
            losses.append([nn.functional.mse_loss(module(x), y).item() for x, y in pairs])
        module.train()
        if step < STEPS:
            optimizer.zero_grad()
            nn.functional.mse_loss(module(inputs), targets).backward()
            optimizer.step()
    torch.set_default_dtype(torch.float32)
    return np.transpose(losses)


def curves(history):
    return np.stack([history.quantities["train_loss"], history.quantities["test_loss"]])


@pytest.mark.parametrize("kept", ZOO)
def test_a_module_trains_as_a_loop_by_hand_does(files, kept):
    run = described(files, *ZOO[kept])
    (history,) = train(run)
    assert history.status == "finished"
    assert curves(history) == pytest.approx(by_hand(run, *ZOO[kept]), rel=1e-9)


@pytest.mark.parametrize("kept", ["an MLP", "a CNN with BatchNorm", "a CNN with dropout"])
def test_so_it_does_in_float32(files, kept):
    run = described(files, *ZOO[kept], training__precision="float32")
    by_loop = by_hand(run, *ZOO[kept], precision=torch.float32)
    assert curves(train(run)[0]) == pytest.approx(by_loop, rel=1e-5)


@pytest.mark.parametrize("kept", ZOO)
def test_a_stack_gives_what_its_runs_give_alone_in_any_order(files, kept):
    runs = [described(files, *ZOO[kept], seed=seed) for seed in (3, 0, 7, 1, 5)]
    alone = [curves(train(run)[0]) for run in runs]
    for order in (runs, runs[::-1]):
        together = dict(zip((run.seed for run in order), train(*order), strict=True))
        for run, losses in zip(runs, alone, strict=True):
            assert curves(together[run.seed]) == pytest.approx(losses, rel=1e-8)


@pytest.mark.parametrize("kept", ZOO)
def test_runs_go_together_where_vmap_can(files, kept, monkeypatch):
    asked = []
    each = _module_evaluator.ModuleEvaluator._evaluate_together
    monkeypatch.setattr(
        _module_evaluator.ModuleEvaluator,
        "_evaluate_together",
        lambda self, inputs: asked.append(1) or each(self, inputs),
    )
    train(*(described(files, *ZOO[kept], seed=seed) for seed in range(4)))
    assert (len(asked) > STEPS) == (kept not in ALONE)


REASONS = {
    "a CNN with BatchNorm": "torch.nn.BatchNorm2d changes its running statistics in training",
    "a CNN with dropout": "torch.nn.Dropout draws random numbers in training",
    "attention with dropout": "torch.nn.MultiheadAttention draws random numbers in training",
    "spectral norm": "torch.nn._SpectralNorm changes its _u, _v in training",
    "a GRU": "torch.func.vmap cannot batch aten::gru.input",
    "control flow": "torch.func.vmap cannot",
    "weight norm": "torch.func.vmap cannot batch aten::_weight_norm",
}
"""Why runs are evaluated one after the other; of frozen weights it shows only in training."""


@pytest.mark.parametrize("kept", ZOO)
def test_a_plan_knows_why_runs_cannot_go_together(files, kept):
    run = described(files, *ZOO[kept])
    state = torch.random.get_rng_state()
    why = engine_of(run).cost(run).why_one_by_one
    assert (why or "").startswith(REASONS.get(kept, ""))
    assert (why is not None) == (kept in ALONE and kept != "frozen weights")
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_module_that_fails_in_training_mode_can_still_be_planned(files):
    run = described(files, "FailsInTraining")
    assert engine_of(run).cost(run).why_one_by_one is None


def test_the_generators_outside_are_left_as_they_are(files):
    torch.manual_seed(11)
    np.random.seed(11)
    random.seed(11)
    expected = torch.rand(1), np.random.rand(), random.random()
    torch.manual_seed(11)
    np.random.seed(11)
    random.seed(11)
    train(*(described(files, "Noisy", seed=seed) for seed in range(2)))
    assert (torch.rand(1), np.random.rand(), random.random()) == expected


def test_noise_of_a_run_depends_on_its_seed_alone_and_not_on_what_is_measured(files):
    rarely = described(files, "Noisy", record__steps={"log": 0})
    often = described(files, "Noisy")
    other = described(files, "Noisy", seed=1)
    alone, (together, another) = train(rarely)[0], train(often, other)
    assert curves(alone)[:, -1].tolist() == curves(together)[:, -1].tolist()
    assert curves(together)[0, 0] != curves(another)[0, 0]


@pytest.mark.parametrize("kept", [name for name in ZOO if name not in (*DRAWING, *CHANGING)])
@pytest.mark.parametrize("seeds", [2, 4])
def test_the_outputs_of_a_centered_module_start_at_zero(files, kept, seeds):
    changes = {"model__centered": True, "model__alpha": 2.0, "optimizer__learning_rate": 1e-3}
    runs = [described(files, *ZOO[kept], seed=seed, **changes) for seed in range(seeds)]
    for run, history in zip(runs, train(*runs), strict=True):
        losses = history.quantities["train_loss"]
        targets = run.task.draw(run.seed).train_targets
        assert losses[0] == pytest.approx((targets**2).mean(), rel=1e-12)
        assert losses[-1] < losses[0]


LINEAR = [n for n in ZOO if n not in (*DRAWING, *CHANGING, "weight norm", "control flow")]
"""Those that torch can expand, and that have the derivative that torch takes: "control flow" cuts
off a part of it."""


@pytest.mark.parametrize("kept", LINEAR)
@pytest.mark.parametrize("seeds", [2, 4])
def test_a_linearized_module_differs_from_the_module_at_second_order(files, kept, seeds):
    changes = {"optimizer__learning_rate": 1e-6, "training__steps": 1}
    runs = [described(files, *ZOO[kept], seed=seed, **changes) for seed in range(seeds)]
    linear = [
        described(files, *ZOO[kept], seed=seed, model__linearized=True, **changes)
        for seed in range(seeds)
    ]
    for history, expanded in zip(train(*runs), train(*linear), strict=True):
        first, second = history.quantities["train_loss"]
        assert expanded.quantities["train_loss"] == pytest.approx([first, second], rel=1e-9)
        assert second < first * (1 - 1e-8)


def test_what_torch_cannot_linearize_is_named(files):
    run = described(files, *ZOO["weight norm"], model__linearized=True)
    with pytest.raises(GrokspecError, match="cannot expand _weight_norm_interface to first order"):
        train(run)


@pytest.mark.parametrize(
    ("kept", "field", "why"),
    [
        ("a CNN with dropout", "centered", "draws random numbers while .* without dropout"),
        ("a CNN with BatchNorm", "linearized", "changes norm.running_mean.* running statistics"),
    ],
)
def test_what_has_no_single_function_is_neither_centered_nor_linearized(files, kept, field, why):
    run = described(files, *ZOO[kept], **{f"model__{field}": True})
    with pytest.raises(GrokspecError, match=rf"model.{field} = true needs .*{why}"):
        train(run)


@pytest.mark.parametrize("runs", [1, 5])
def test_random_numbers_that_no_stream_has_kept_are_refused(files, runs):
    """A module that draws none in its first step would draw from what all runs share."""
    stack = [described(files, "NoisyLater", {}, None, seed=seed) for seed in range(runs)]
    before = torch.get_rng_state()
    with pytest.raises(GrokspecError, match="NoisyLater: draws random numbers, and did not"):
        train(*stack)
    torch.set_rng_state(before)


@pytest.mark.parametrize("kept", ["an MLP", "a CNN with BatchNorm", "tied weights", "attention"])
def test_the_kernel_is_that_of_the_module_in_evaluation_mode(files, kept):
    run = described(files, *ZOO[kept])
    name, arguments, shape = ZOO[kept]
    torch.manual_seed(run.seed)
    module = called(name, arguments).double().eval()
    data = run.task.draw(run.seed)
    inputs = torch.from_numpy(data.train_inputs).reshape(-1, *(shape or [16]))
    slopes = [
        torch.cat(
            [
                s.flatten()
                for s in torch.autograd.grad(out, [*module.parameters()], retain_graph=True)
            ]
        )
        for example in inputs
        for out in module(example[None])[0]
    ]
    rows = torch.stack(slopes).view(len(inputs), 2, -1)
    kernel = torch.einsum("aow,bow->ab", rows, rows).numpy()
    assert run.model.initial_kernel(data, data.train_inputs, run.seed) == pytest.approx(kernel)


@pytest.mark.parametrize("seeds", [1, 4])
def test_probes_of_the_kernel_and_of_movement_are_taken_of_modules(files, seeds):
    task = {"kind": "polynomial", "inputs": 6, "train": 12, "test": 8}
    arguments = {"in_features": 6, "out_features": 1}
    probes = ["alignment", "movement", "weight_norm"]
    runs = [
        described(files, "torch.nn:Linear", arguments, seed=s, task=task, record__probes=probes)
        for s in range(seeds)
    ]
    for run, history in zip(runs, train(*runs), strict=True):
        data = run.task.draw(run.seed)
        kernel = torch.from_numpy(data.test_inputs @ data.test_inputs.T + 1)
        wanted = theory.alignment(kernel, torch.from_numpy(data.test_targets[:, 0]))
        assert history.quantities["alignment"] == pytest.approx(float(wanted))
        assert set(history.quantities) > {"alignment"}
        assert all(np.isfinite(values).all() for values in history.quantities.values())


def test_sigma_multiplies_weights_and_neither_buffers_nor_frozen_ones(files):
    run = described(files, "Frozen", model__sigma=3.0)
    torch.manual_seed(0)
    module = nets.Frozen()
    data = run.task.draw(0)
    weights = run.model.initial_weights(data, 0)
    assert set(weights) == {"last.weight", "last.bias"}
    assert weights["last.weight"] == pytest.approx(3 * module.last.weight.detach().numpy())


def test_weights_come_from_a_file_with_the_names_of_the_parameters(files, tmp_path):
    module = nets.mlp(5).double()
    weights = {n: p.detach().numpy() for n, p in module.named_parameters()}
    file = write_arrays(tmp_path / "weights.npz", **weights).path
    run = described(files, "mlp", {"width": 5}, model__weights_file=str(file))
    data = run.task.draw(0)
    outputs = module(torch.from_numpy(data.train_inputs)).detach().numpy()
    first = ((outputs - data.train_targets) ** 2).mean()
    assert train(run)[0].quantities["train_loss"][0] == pytest.approx(first)
    wrong = described(files, "mlp", {"width": 6}, model__weights_file=str(file))
    with pytest.raises(GrokspecError, match=r'"0.weight" has the shape \[5, 16\]; it must be \[6'):
        train(wrong)


def test_a_run_that_diverges_does_not_stop_the_others(files):
    fast = described(files, "Branching", optimizer__learning_rate=1e200)
    slow = described(files, "Branching", seed=1)
    alone, (diverged, finished) = train(slow)[0], train(fast, slow)
    assert (diverged.status, finished.status) == ("diverged", "finished")
    assert curves(finished) == pytest.approx(curves(alone), rel=1e-9)


MISTAKES = {
    "NoParameters": "has no parameters to train",
    "Complex": "its parameter phase is complex; make two of it",
    "Pair": r"forward returns a tuple; it must return one tensor",
    "Detached": r"do not depend on its parameters, or from which detach\(\)",
    "Flat": r"outputs of the shape \(24,\) for 12 examples",
    "NUMBER": r"nets.py:NUMBER could not be built: TypeError",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_module_that_cannot_be_trained_is_refused_with_the_reason(files, name):
    with pytest.raises(GrokspecError, match=MISTAKES[name]):
        train(described(files, name))


@pytest.mark.parametrize("seeds", [1, 5])
@pytest.mark.parametrize(
    ("name", "what", "line"),
    [
        ("Failing", "NameError: name 'undefined' is not defined", "+ undefined"),
        ("FailingInBackward", "ValueError: no slope today", 'raise ValueError("no slope'),
        ("FailingToBuild", "ValueError: no width 3", 'raise ValueError(f"no width'),
    ],
)
def test_an_exception_of_the_user_is_shown_where_it_was_raised(files, name, what, line, seeds):
    with pytest.raises(UserCodeError) as caught:
        train(*(described(files, name, seed=seed) for seed in range(seeds)))
    assert what in str(caught.value)
    assert line in str(caught.value)
    assert "functorch" not in str(caught.value)
    assert f'File "{FILE}"' in caught.value.where.splitlines()[1]


def test_outputs_of_another_number_than_the_targets_are_refused(files):
    arguments = {"in_features": 16, "out_features": 3}
    with pytest.raises(GrokspecError, match=r"\(1, 12, 3\).* must be \(1, 12, 2\)"):
        train(described(files, "torch.nn:Linear", arguments))


@pytest.mark.parametrize(
    ("name", "arguments", "shape", "message", "place"),
    [
        ("mlp", {}, None, "needs width; write arguments = { width = … }", ()),
        ("CNN", {"norm": True}, None, "needs width; write", ("arguments",)),
        ("mlp", {"widht": 1}, None, 'did you mean "width"?', ("arguments", "widht")),
        ("Tied", {"width": 1}, None, "no such argument; it takes none", ("arguments", "width")),
        ("mlp", {"width": 1}, [1, 5, 5], "has 25 numbers, and an input of the task has 16", ()),
        ("MLP", {}, None, 'defines no MLP; did you mean "mlp"?', None),
    ],
)
def test_mistakes_in_a_spec_are_found_without_running_the_file(
    files, monkeypatch, name, arguments, shape, message, place
):
    monkeypatch.setattr("grokspec.files.python.run_file", None)
    with pytest.raises(ValidationError) as caught:
        described(files, name, arguments, shape)
    (error,) = caught.value.errors()
    assert message in error["msg"]
    if place:
        assert error["ctx"]["at"] == place


@pytest.mark.parametrize("kept", ZOO)
def test_a_plan_counts_the_weights_of_a_module(files, kept):
    name, arguments, shape = ZOO[kept]
    run = described(files, name, arguments, shape)
    drawn = run.model.draw_weights(run.task.input_size, 2, 0)
    size = run.model.size(run.task.input_size, 2)
    assert size.weights == sum(w.size for w in drawn.values())
    assert size.activations > 0
    assert run.model.step_flops(10, run.task.input_size, 2) > 0


def test_the_arithmetic_of_a_layer_is_counted(files):
    arguments = {"in_features": 16, "out_features": 2}
    run = described(files, "torch.nn:Linear", arguments)
    assert run.model.step_flops(10, 16, 2) == 3 * 10 * 2 * 16 * 2
