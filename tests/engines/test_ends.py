"""A run ends once its condition holds, whatever else trains in its stack."""

import numpy as np
import pytest
from experiments import experiment
from pydantic import ValidationError

from grokspec.engines._conditions import Watch
from grokspec.engines.base import engine_of

STEPS = 60
LEVEL = 0.12
RATES = (0.3, 0.6, 1.2)
"""With each of these the training loss gets to its level, sooner or later."""


def described(rate, engine="autograd", **changes):
    return experiment(
        engine=engine,
        optimizer__learning_rate=rate,
        training={"steps": STEPS, **changes.pop("training", {})},
        record={"probes": ["loss", "baseline"], "steps": {"log": 6}},
        **changes,
    )


def train(*stack):
    return engine_of(stack[0]).train(stack, "cpu")


def losses_at_each_step(one):
    """The training losses of a run that is recorded at every step and does not end early."""
    update = {"record": one.record.model_copy(update={"steps": every_step()})}
    training = one.training.model_copy(update={"until": None})
    return train(one.model_copy(update=update | {"training": training}))[0]


def every_step():
    from grokspec.steps import Steps

    return Steps(every=1)


def first_to_stay(values, level, patience, every):
    """The step at which values have been below a level for so long, looked at now and then."""
    since = None
    for step in range(0, STEPS, every):
        since = None if values[step] > level else step if since is None else since
        if since is not None and step - since >= patience:
            return step
    return None


@pytest.mark.parametrize(("patience", "every"), [(0, 1), (0, 4), (8, 4), (9, 2)])
def test_a_run_ends_where_its_quantity_has_stayed_beyond_the_level(patience, every):
    until = {"train_loss": LEVEL, "patience": patience, "every": every}
    one = described(0.6, training={"until": until})
    whole = losses_at_each_step(one)
    (found,) = train(one)
    end = first_to_stay(whole.quantities["train_loss"], LEVEL, patience, every)
    assert (found.status, found.ended_at, found.diverged_at) == ("ended", end, None)
    recorded = [step for step in one.recorded_steps if step < end]
    assert found.steps.tolist() == [*recorded, end]
    for name in ("train_loss", "test_loss"):
        assert np.array_equal(found.quantities[name], whole.quantities[name][found.steps])


@pytest.mark.parametrize("engine", ["autograd", "moments"])
def test_runs_of_a_stack_end_each_at_a_step_of_its_own_as_they_do_alone(engine):
    until = {"train_loss": LEVEL, "every": 1}
    stack = [described(rate, engine, training={"until": until}) for rate in (0.05, *RATES)]
    together = train(*stack)
    assert len({history.ended_at for history in together}) == len(stack)
    assert together[0].status == "finished"
    assert together[0].steps.tolist() == list(stack[0].recorded_steps)
    for history, one in zip(together, stack, strict=True):
        (alone,) = train(one)
        assert (history.status, history.ended_at) == (alone.status, alone.ended_at)
        assert np.array_equal(history.steps, alone.steps)
        for name, values in history.quantities.items():
            assert np.allclose(values, alone.quantities[name], rtol=1e-12, atol=0)


def test_a_stack_is_trained_no_further_than_to_its_last_end(monkeypatch):
    from grokspec.engines.autograd.training import StackTraining

    taken, step = [], StackTraining.step
    monkeypatch.setattr(StackTraining, "step", lambda self: (taken.append(1), step(self)))
    until = {"train_loss": LEVEL, "every": 1}
    together = train(*(described(rate, training={"until": until}) for rate in RATES[:2]))
    assert len(taken) == max(history.ended_at for history in together)


def test_a_condition_that_never_holds_changes_nothing():
    plain, watched = (
        train(described(0.6, training=training))[0]
        for training in ({}, {"until": {"test_loss": 1e-9, "every": 7}})
    )
    assert watched.status == "finished"
    assert plain.quantities.keys() == watched.quantities.keys()
    for name, values in plain.quantities.items():
        assert np.array_equal(values, watched.quantities[name])


def test_a_run_that_diverges_does_not_end():
    until = {"train_loss": 1e-9, "every": 1}
    diverging, ending = (
        train(
            described(1e6, training={"until": until}),
            described(0.6, training={"until": until | {"train_loss": LEVEL}}),
        )[0],
        train(described(0.6, training={"until": until | {"train_loss": LEVEL}}))[0],
    )
    assert (diverging.status, diverging.ended_at) == ("diverged", None)
    assert diverging.steps.tolist() == list(described(1.0).recorded_steps)
    assert ending.status == "ended"


def test_a_quantity_rises_or_falls_to_its_level_and_exactly_on_it_is_there():
    from grokspec.conditions import Condition

    watch = Watch(Condition.model_validate({"a": 1.0, "b": 0.5, "patience": 2}), runs=3)
    a = [[0, 0, 2], [1, 0, 2], [2, 2, 0], [2, 2, 1], [1, np.nan, 1], [1, 2, 1]]
    b = [[1, 0, 0], [0, 1, 1], [0.5, 1, 1], [0, 1, 1], [0, 1, 0], [0, 1, 1]]
    held = [
        watch.holds(step, {"a": np.array(a[step], float), "b": np.array(b[step], float)}).tolist()
        for step in range(6)
    ]
    none = [False] * 3
    first = [True, False, False]
    assert held == [none, none, none, first, first, first]


@pytest.mark.parametrize(
    ("until", "at", "message"),
    [
        ({"test_accurcy": 0.9}, "test_accurcy", 'did you mean "test_accuracy"?'),
        ({"train_loss": 0.9, "patient": 10}, "patient", 'did you mean "patience"?'),
        ({"test_accuracy": 0.9}, "test_accuracy", "needs a task with an output for each class"),
        ({"baseline": 0.9}, "baseline", "once, at the start"),
        ({"test_squared_errors": 0.9}, "test_squared_errors", "several numbers a run"),
        ({"patience": 10}, "", "names no quantity"),
    ],
)
def test_a_condition_that_cannot_hold_is_refused_when_the_spec_is_read(until, at, message):
    with pytest.raises(ValidationError) as caught:
        described(0.6, training={"until": until})
    (error,) = caught.value.errors()
    assert message in error["msg"]
    where = ("training", "until", at) if at else ()
    assert error["ctx"]["at"] == where


def test_a_run_that_does_not_end_early_is_described_as_it_always_was():
    assert "until" not in described(0.6).described["training"]
    until = {"train_loss": 0.1}
    ended = described(0.6, training={"until": until})
    assert ended.described["training"]["until"] == {"patience": 0, "every": 10, "train_loss": 0.1}


def test_the_engine_provides_what_a_condition_reads():
    from grokspec.engines.base import NoEngineError
    from grokspec.probes.base import probes_by_quantity

    of_weights = [n for n, p in probes_by_quantity().items() if "weights" in p.requires]
    for name in of_weights[:1]:
        with pytest.raises(NoEngineError, match="weights"):
            described(0.6, "moments", training={"until": {name: 0.1}})
