"""Which steps are recorded, in each of the ways in which a spec can say it."""

import pytest
from experiments import WHOLE, experiment
from pydantic import ValidationError

from grokspec.engines.base import engine_of
from grokspec.spec import read_spec
from grokspec.steps import Steps


@pytest.mark.parametrize(
    ("written", "steps"),
    [
        ({"log": 2}, (0, 1, 10, 100, 1000)),
        ({"log": 0}, (0, 1, 1000)),
        ({"linear": 3}, (0, 250, 500, 750, 1000)),
        ({"linear": 0}, (0, 1000)),
        ({"every": 300}, (0, 300, 600, 900, 1000)),
        ({"every": 5000}, (0, 1000)),
        ([7, 3, 7], (0, 3, 7, 1000)),
        ({"at": [5000]}, (0, 1000)),
    ],
)
def test_steps_are_those_said_with_the_first_and_the_last(written, steps):
    assert Steps.model_validate(written).up_to(1000) == steps
    run = experiment(training__steps=1000, record__steps=written)
    assert run.recorded_steps == steps


def test_a_run_is_recorded_at_these_steps():
    run = experiment(record__steps=[3, 17])
    (history,) = engine_of(run).train([run], "cpu")
    assert history.steps.tolist() == [0, 3, 17, 50]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"log": 3, "every": 2}, "has log and every; give one of log, linear, every, at"),
        ({}, "has none; give one of log, linear, every, at"),
        ({"every": 0}, "Input should be greater than or equal to 1"),
        ([], "Tuple should have at least 1 item after validation, not 0"),
    ],
)
def test_what_says_no_steps_or_says_them_twice_is_refused(written, message):
    with pytest.raises(ValidationError) as caught:
        Steps.model_validate(written)
    assert caught.value.errors()[0]["msg"] == message


def test_what_is_written_is_what_is_described():
    for written in ({"log": 3}, {"linear": 3}, {"every": 3}, {"at": [1, 2]}):
        assert Steps.model_validate(written).model_dump(mode="json") == written


def test_steps_replace_those_of_a_base_as_a_whole(tmp_path):
    (tmp_path / "base.toml").write_text(WHOLE + "steps = { log = 5 }\n")
    own = 'extends = "base.toml"\n[record]\nsteps = { every = 25 }\n[profile.x]\n'
    (tmp_path / "x.toml").write_text(own + "record.steps = [10]\n")
    (run,) = read_spec(tmp_path / "x.toml").runs
    assert run.experiment.recorded_steps == (0, 25, 50)
    (run,) = read_spec(tmp_path / "x.toml", "x").runs
    assert run.experiment.recorded_steps == (0, 10, 50)
