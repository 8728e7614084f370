"""What is shown of a training while it goes on."""

import itertools

import pytest

from grokspec.cli import display
from grokspec.runner.progress import Progress


def progress(done, eta=None):
    return Progress(
        label="tiny/alpha",
        done_runs=done,
        total_runs=40,
        done_stacks=0,
        total_stacks=1,
        fraction=done / 40,
        seconds=125.0,
        eta=eta,
    )


def test_it_says_how_much_is_done_and_how_long_the_rest_will_take():
    assert str(progress(10)) == "training 10 of 40 runs, 25% in 2 min 05 s"
    assert str(progress(10, eta=9.6)).endswith("25% in 2 min 05 s, about 10 s left")


@pytest.mark.parametrize(("between", "lines"), [(10.0, 2), (4.0, 5)])
def test_in_a_log_there_is_a_new_line_every_few_seconds(capsys, monkeypatch, between, lines):
    seconds = itertools.count()
    monkeypatch.setattr(display, "BETWEEN_LINES", between)
    monkeypatch.setattr("time.monotonic", lambda: float(next(seconds)))
    with display.training_line() as show:
        for done in range(21):
            show(progress(done))
    told = capsys.readouterr().err.splitlines()
    assert len(told) == lines
    assert all(line.startswith("tiny/alpha: training ") for line in told)
