from copy import deepcopy

import numpy as np
import pytest
from experiments import experiment
from pydantic import ValidationError
from shape_checks import unchecked

from grokspec.engines.base import engine_of
from grokspec.errors import GrokspecError
from grokspec.kinds import discover
from grokspec.probes.base import Probe

discover()
MODULAR = {
    "task": {"kind": "modular_addition", "modulus": 5, "train_share": 0.6},
    "model": {"kind": "perceptron", "hidden": [4]},
    "optimizer": {"kind": "gradient_descent", "learning_rate": 0.1},
    "training": {"steps": 3},
}


def example(kind):
    """A probe of a kind, with the examples of the fields that it needs, or often needs."""
    fields = Probe.alternatives[kind].model_fields
    wanted = [name for name, f in fields.items() if f.is_required() or name == "outgoing"]
    needed = {name: fields[name].examples[0] for name in wanted}
    return {"kind": kind} | needed


def setup_for(kind, **changes):
    """The first of two small experiments that the probe can be taken of."""
    record = {"steps": {"log": 0}, "probes": [example(kind)]}
    try:
        return experiment(record=record, **changes)
    except (ValidationError, GrokspecError):
        described = deepcopy({**MODULAR, "record": record})
        return experiment(**described, **changes)


def of_both_engines(kind):
    """Whether a probe can be taken of the small experiment, and needs no single weights."""
    try:
        return experiment(record__probes=[example(kind)]).engine == "moments"
    except ValidationError:
        return False


KINDS = sorted(Probe.alternatives)
ALL = [kind for kind in KINDS if of_both_engines(kind)]


def histories(engine, **changes):
    stack = [
        experiment(engine=engine, record__probes=ALL, seed=seed, model__alpha=alpha, **changes)
        for seed in (0, 1)
        for alpha in (0.5, 2.0)
    ]
    return stack, engine_of(stack[0]).train(stack, "cpu")


@pytest.mark.parametrize("model", [{}, {"model__centered": True}, {"model__linearized": True}])
def test_every_quantity_is_the_same_from_moments_and_from_weights(model):
    """Above all the kernel, which one engine has in closed form and the other differentiates."""
    _, exact = histories("moments", **model)
    _, automatic = histories("autograd", **model)
    for one, other in zip(exact, automatic, strict=True):
        assert one.quantities.keys() == other.quantities.keys()
        for name, values in one.quantities.items():
            assert other.quantities[name] == pytest.approx(values, rel=1e-8, abs=1e-12), name


@pytest.mark.parametrize("kind", KINDS)
def test_a_probe_takes_the_quantities_that_it_names(kind):
    described = setup_for(kind)
    (history,) = engine_of(described).train([described], "cpu")
    assert set(history.quantities) == described.quantities
    for name, values in history.quantities.items():
        inner = values.ndim - (not described.record.probes[0].once)
        assert len(described.dimensions.get(name, ())) == inner


@pytest.mark.parametrize("kind", KINDS)
def test_a_probe_takes_the_same_of_a_run_alone_and_beside_others(kind):
    stack = [setup_for(kind, seed=seed) for seed in (3, 1, 2)]
    engine = engine_of(stack[0])
    together, (alone,) = engine.train(stack, "cpu"), engine.train(stack[1:2], "cpu")
    for name, values in alone.quantities.items():
        assert together[1].quantities[name] == pytest.approx(values, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_diverges_leaves_what_is_taken_of_others_as_it_is(kind):
    rates = (0.1, 1e200)
    one, other = (setup_for(kind, optimizer__learning_rate=rate) for rate in rates)
    engine = engine_of(one)
    beside, diverged = engine.train([one, other], "cpu")
    assert diverged.status == "diverged"
    for name, values in engine.train([one], "cpu")[0].quantities.items():
        assert beside.quantities[name] == pytest.approx(values, rel=1e-12, abs=1e-15)


def test_a_probe_taken_once_has_no_record_dimension_and_the_others_have_it():
    stack, (history, *_) = histories("moments")
    once = {"baseline", "kernel_regression_loss", "lazy_movement"}
    for name, values in history.quantities.items():
        assert values.shape[:1] == (() if name in once else (len(stack[0].recorded_steps),))


@unchecked()
def test_kernel_regression_is_where_the_linearized_model_ends():
    changes = {
        "model__linearized": True,
        "model__centered": True,
        "model__epsilon": 1.0,
        "training__steps": 20_000,
        "task__train": 12,
        "record__probes": ["decomposition", "kernel_regression", "loss"],
    }
    described = experiment(**changes)
    history = engine_of(described).train([described], "cpu")[0].quantities
    assert history["train_loss"][-1] < 1e-12
    assert history["population_loss"][-1] == pytest.approx(
        history["kernel_regression_loss"], rel=1e-5
    )


def test_the_linearized_model_moves_by_what_the_difficulty_says():
    changes = {
        "model__linearized": True,
        "model__centered": True,
        "model__epsilon": 1.0,
        "model__alpha": 3.0,
        "optimizer__learning_rate": 1.0,
        "training__steps": 5000,
        "task__train": 9,
        "record__probes": ["movement", "lazy_movement", "loss"],
    }
    described = experiment(**changes)
    history = engine_of(described).train([described], "cpu")[0].quantities
    assert history["train_loss"][-1] < 1e-20
    assert history["movement"][-1] == pytest.approx(history["lazy_movement"], rel=1e-6)


def test_kernel_regression_is_exact_once_the_data_outnumber_the_quadratic_forms():
    size = 6
    described = experiment(
        task__train=size + size * (size + 1) // 2,
        model__width=200,
        record__probes=["kernel_regression"],
    )
    history = engine_of(described).train([described], "cpu")[0].quantities
    assert history["kernel_regression_loss"] < 1e-12


def test_weight_norm_starts_at_the_initialization_scale():
    described = experiment(
        model__width="infinite", model__sigma=0.5, record__probes=["weight_norm"]
    )
    history = engine_of(described).train([described], "cpu")[0].quantities
    assert history["weight_norm"][0] == pytest.approx(0.5)


def test_population_loss_is_the_loss_of_a_large_test_sample():
    described = experiment(task__test=200_000, record__steps={"log": 1})
    history = engine_of(described).train([described], "cpu")[0].quantities
    assert history["test_loss"] == pytest.approx(history["population_loss"], rel=0.05)
    assert not np.array_equal(history["test_loss"], history["population_loss"])


def taken_of_classes(probe, **training):
    described = experiment(
        **MODULAR | {"training": MODULAR["training"] | training}, record__probes=[probe]
    )
    return described, engine_of(described).train([described], "cpu")[0].quantities


def test_the_baseline_under_cross_entropy_is_that_of_equal_chances():
    _, quantities = taken_of_classes("baseline", loss="cross_entropy")
    assert quantities["baseline"] == pytest.approx(np.log(5))
    _, squared = taken_of_classes("baseline")
    assert squared["baseline"] == pytest.approx(1 / 5)


def test_accuracy_is_the_share_of_examples_whose_largest_output_is_the_targets():
    described, quantities = taken_of_classes("accuracy")
    assert set(quantities) == set(Probe.alternatives["accuracy"].quantities)
    data = described.task.draw(described.seed)
    drawn = described.model.draw_weights(10, 5, described.seed)
    hidden = np.maximum(data.train_inputs @ drawn["weight_1"].T + drawn["bias_1"], 0)
    outputs = hidden @ drawn["weight_2"].T + drawn["bias_2"]
    right = outputs.argmax(-1) == data.train_targets.argmax(-1)
    assert quantities["train_accuracy"][0] == right.mean()


PARITY = {"kind": "sparse_parity", "inputs": 6, "train": 9, "test": 20, "label_scale": 2.0}


def test_accuracy_with_one_output_is_the_share_of_outputs_with_the_targets_sign():
    described = experiment(
        **MODULAR | {"task": PARITY}, record__probes=["accuracy"], record__steps={"log": 0}
    )
    found = engine_of(described).train([described], "cpu")[0].quantities
    data = described.task.draw(described.seed)
    drawn = described.model.draw_weights(6, 1, described.seed)
    hidden = np.maximum(data.test_inputs @ drawn["weight_1"].T + drawn["bias_1"], 0)
    outputs = hidden @ drawn["weight_2"].T + drawn["bias_2"]
    right = np.sign(outputs) == np.sign(data.test_targets)
    assert found["test_accuracy"][0] == right.mean()
    assert 0 < right.mean() < 1


def test_an_output_of_exactly_zero_has_no_sign():
    """As that of a centered network has at the start."""
    changes = {"model": {**MODULAR["model"], "centered": True}, "task": PARITY}
    described = experiment(**MODULAR | changes, record__probes=["accuracy"])
    found = engine_of(described).train([described], "cpu")[0].quantities
    assert found["train_accuracy"][0] == found["test_accuracy"][0] == 0
