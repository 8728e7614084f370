"""Numbers that runs take from other runs of their spec."""

import numpy as np
import pytest

import grokspec
from grokspec.other_runs import FromRun
from grokspec.plan import stack_runs
from grokspec.runner import TrainingError
from grokspec.store import Store

SPEC = """\
[task]
kind = "modular_addition"
modulus = 5
train_share = 0.6

[model]
kind = "perceptron"
hidden = [16]

[optimizer]
kind = "adam"
learning_rate = 0.05

[training]
steps = 40

[record]
steps = { every = 5 }
probes = ["accuracy", "total_norm"]

[interventions.clamp]
kind = "clamp_norm"
norm = { run = RUN, quantity = "QUANTITY", when = { train_accuracy = LEVEL } }
every = 1

[sweep]
seed = 2

[[sweep.concat]]
grid.interventions = [{}]

[[sweep.concat]]
grid."interventions.clamp.ratio" = [0.5, 2.0]
"""
GIVEN = {"RUN": "{ interventions = {} }", "QUANTITY": "total_norm", "LEVEL": "0.9"}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def load(tmp_path):
    def load(**given):
        text = SPEC
        for name, value in (GIVEN | given).items():
            text = text.replace(name, value)
        (tmp_path / "x.toml").write_text(text)
        return grokspec.load(tmp_path / "x.toml")

    return load


@pytest.fixture(params=[0, 2])
def trained(load, store, request):
    spec = load()
    grokspec.run(spec, store=store, workers=request.param)
    return grokspec.results(spec, store=store).to_xarray()


def test_a_number_is_that_of_the_other_run_when_it_reached_the_level(trained):
    control = trained.isel(interventions=0, ratio=0)
    clamped = trained.isel(interventions=1, ratio=slice(1, None))
    first = (control.train_accuracy >= 0.9).argmax("record")
    assert (first > 0).all()
    shares = clamped.total_norm / control.total_norm.isel(record=first)
    np.testing.assert_allclose(shares, clamped.ratio.broadcast_like(shares), rtol=1e-6)


def test_what_is_needed_is_in_no_stack_with_what_needs_it(load):
    spec = load()
    for stack in stack_runs(spec.runs):
        assert len({bool(run.experiment.needs) for run in stack.runs}) == 1


def test_runs_that_lack_their_number_fail_with_the_reason_and_no_others(load, store):
    spec = load(LEVEL="1.5")
    with pytest.raises(TrainingError, match=r"never reached train_accuracy = 1\.5") as caught:
        grokspec.run(spec, store=store, workers=0)
    assert "and 3 more could not be trained: interventions.clamp.norm: the run" in str(caught.value)
    assert len(grokspec.runner.missing(spec.runs, store)) == 4


def test_a_result_is_known_by_what_the_spec_says_and_is_not_trained_twice(load, store):
    grokspec.run(load(), store=store, workers=0)
    assert not grokspec.run(load(), store=store, workers=0).trained


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"RUN": '{ interventions = {}, "optimizer.learning_rate" = 0.1 }'},
            r"x\.toml:.*clamp\.norm: is of no run of the spec; the nearest has "
            r"optimizer\.learning_rate = 0\.05; add the run to the sweep, or correct run",
        ),
        (
            {"RUN": '{ "optimizer.learning_rate" = 0.1 }'},
            "the other run takes a number from another itself; say in run what it has in the place",
        ),
        ({"QUANTITY": "totl_norm"}, 'totl_norm is not recorded by the other run; did you mean "to'),
        (
            {"RUN": '{ interventions = {}, "model.hidden" = 3 }'},
            "no run is like this one with what run says: Input should be a valid tuple",
        ),
    ],
)
def test_a_number_that_no_run_of_the_spec_has_is_refused_by_its_place(load, given, message):
    with pytest.raises(grokspec.GrokspecError, match=message):
        load(**given)


RISING = np.array([0.0, 0.2, 0.9, 1.0])
NORMS = np.array([4.0, 3.0, 2.0, 1.0])


@pytest.mark.parametrize(
    ("when", "norms", "number"),
    [
        ({"accuracy": 0.5}, NORMS, 2.0),
        ({"accuracy": 0.9}, NORMS, 2.0),
        ({"accuracy": 0.0}, NORMS, 4.0),
        ({"norm": 3.5}, NORMS, 3.0),
        ({"accuracy": 0.5, "norm": 1.5}, NORMS, 1.0),
        ({"accuracy": 1.1}, NORMS, None),
        ({}, NORMS, 1.0),
        ({}, np.array([1.0, np.nan]), None),
    ],
)
def test_the_number_is_that_of_the_first_record_at_which_all_levels_are_reached(
    when, norms, number
):
    reference = FromRun(run={"x": 1}, quantity="norm", when=when)
    assert reference.number_in({"accuracy": RISING, "norm": norms}) == number


def test_no_records_are_put_together_of_runs_whose_number_depends_on_the_records(load, store):
    """At other steps the control has another norm when it is first seen to have learned."""
    grokspec.run(load(), store=store, workers=0)
    spec = load(**{"{ every = 5 }": "{ every = 10 }"})
    again = grokspec.run(spec, store=store, workers=0)
    assert (len(again.kept), len(again.trained)) == (2, 4)
