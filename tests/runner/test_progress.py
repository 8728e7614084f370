"""What is shown during training."""

import itertools

import pytest

from grokspec.runner import progress as module
from grokspec.runner.progress import Progress, progress_line


def progress(done, eta=None, waiting_for=""):
    return Progress(
        label="tiny/alpha",
        done_runs=done,
        total_runs=40,
        fraction=done / 40,
        seconds=125.0,
        eta=eta,
        waiting_for=waiting_for,
    )


def test_it_says_how_much_is_done_and_how_long_the_rest_will_take():
    assert str(progress(10)) == "tiny/alpha: 10 of 40 runs, 25% in 2 min"
    assert str(progress(10, eta=9.6)).endswith("25% in 2 min, about 10 s left")


def test_a_process_that_waits_says_for_whom_and_not_how_long():
    waits = progress(10, eta=9.6, waiting_for="process 123 on node17")
    assert str(waits).endswith("25% in 2 min, waiting for process 123 on node17")
    assert waits.remaining in waits._repr_html_()


@pytest.mark.parametrize(("between", "lines"), [(10.0, 2), (4.0, 5)])
def test_in_a_log_there_is_a_new_line_every_few_seconds(capsys, monkeypatch, between, lines):
    seconds = itertools.count()
    monkeypatch.setattr(module, "SECONDS_BETWEEN_LINES", between)
    monkeypatch.setattr("time.monotonic", lambda: float(next(seconds)))
    with progress_line() as show:
        for done in range(21):
            show(progress(done))
    shown = capsys.readouterr().err.splitlines()
    assert len(shown) == lines
    assert all(line.startswith("tiny/alpha: ") for line in shown)
