import pickle
from concurrent.futures.process import BrokenProcessPool

import pytest
from experiments import experiment

from grokspec.errors import GrokspecError
from grokspec.runner import TrainingError
from grokspec.runner.failure import StackError, reason_for, write_log
from grokspec.spec import Run


@pytest.fixture
def runs():
    """Four runs of one experiment under ids of two specs."""
    names = ("a/0", "a/1", "b/0", "b/1")
    return [Run(name, f"key of {name[0]}{name[2]}", experiment(), {}) for name in names]


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


class OddError(Exception):
    """An exception that cannot be sent to another process: unpickling calls it with one value."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"odd: {first} {second}")


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("no such value"), "ValueError: no such value"),
        (OddError(1, 2), "OddError: odd: 1 2"),
        (MemoryError(), "MemoryError"),
        (SystemExit(3), "SystemExit: 3"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_any_exception_can_be_sent_with_its_line_and_its_traceback(error, line):
    sent = pickle.loads(pickle.dumps(StackError.of(raised(error))))
    assert reason_for(sent) == sent.line == line == reason_for(error)
    assert "in raised\n" in sent.traceback


def test_the_log_has_the_traceback_and_the_message_names_it(tmp_path, runs, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log = write_log(tmp_path, runs, "cpu", StackError.of(raised(OddError(1, 2))))
    text = log.read_text()
    assert text.startswith("on cpu, training\n  a/0\n")
    assert "in raised\n" in text
    error = TrainingError([(run, "odd") for run in runs], {run.key: log for run in runs})
    assert str(error) == f"a/0 and 3 more could not be trained: odd (traceback in logs/{log.name})"
    assert error.tracebacks == error.of(runs[:1]).tracebacks == [text]


def test_the_log_of_a_later_failure_replaces_it(tmp_path, runs):
    for text in ("first", "second"):
        write_log(tmp_path, runs, "cpu", raised(ValueError(text)))
    (log,) = (tmp_path / "logs").iterdir()
    assert "ValueError: second" in log.read_text()


@pytest.mark.parametrize("error", [GrokspecError("no data"), BrokenProcessPool("it died")])
def test_what_has_no_traceback_has_no_log(tmp_path, runs, error):
    assert write_log(tmp_path, runs, "cpu", error) is None
    assert reason_for(error) == str(error)


def test_without_a_place_for_the_log_there_is_none(tmp_path, runs):
    (tmp_path / "logs").write_text("")
    assert write_log(tmp_path, runs, "cpu", raised(ValueError("x"))) is None
