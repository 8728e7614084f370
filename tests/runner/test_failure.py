import pytest
from experiments import experiment

from grokspec.runner import TrainingError
from grokspec.spec import Run


@pytest.fixture
def runs():
    """Four runs of one experiment under ids of two specs."""
    names = ("a/0", "a/1", "b/0", "b/1")
    return [Run(name, f"key {name}", experiment(), {}) for name in names]


def test_each_reason_is_given_once_with_the_runs_that_it_stopped(runs):
    reasons = ["no data", "no data", "no memory", "no data"]
    error = TrainingError(zip(runs, reasons, strict=True))
    assert str(error).splitlines() == [
        "a/0 and 2 more could not be trained: no data",
        "b/0 could not be trained: no memory",
    ]


def test_the_part_about_some_runs_names_only_these(runs):
    error = TrainingError(zip(runs[1:], ["no data", "no memory", "no memory"], strict=True))
    assert str(error.of(runs[:2])) == "a/1 could not be trained: no data"
    assert str(error.of(runs[2:])) == "b/0 and 1 more could not be trained: no memory"
    assert error.of(runs[:1]) is None
