from __future__ import annotations

import contextlib
import signal

import pytest

from grokspec.runner.signals import NAMES, Stopped, raised_on_signals


@pytest.fixture(autouse=True)
def as_before():
    """The handlers of this process stay its own."""
    numbers = [getattr(signal, name) for name in NAMES]
    before = [signal.getsignal(number) for number in numbers]
    for number in numbers:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "words", "code"),
    [
        (signal.SIGINT, "interrupted", 130),
        (signal.SIGTERM, "stopped by SIGTERM", 143),
        (signal.SIGHUP, "stopped by SIGHUP", 129),
    ],
)
def test_a_signal_raises_an_error_that_knows_its_exit_code(number, words, code):
    with pytest.raises(Stopped, match=words) as caught, raised_on_signals(Stopped, *NAMES):
        signal.raise_signal(number)
    assert caught.value.exit_code == code


def test_what_cleans_up_is_not_disturbed_by_another_signal_and_a_second_ctrl_c_ends_it():
    cleaned = False
    with contextlib.suppress(Stopped), raised_on_signals(Stopped, *NAMES):
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGTERM)
            cleaned = True
    assert cleaned
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL


def test_without_a_signal_everything_is_as_before():
    with raised_on_signals(Stopped, *NAMES):
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def own(number, frame):
    """A handler that a program has set for itself."""


@pytest.mark.parametrize("handler", [signal.SIG_IGN, own])
def test_a_signal_that_is_ignored_as_by_nohup_or_has_a_handler_keeps_it(handler):
    signal.signal(signal.SIGHUP, handler)
    with raised_on_signals(Stopped, *NAMES):
        signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is handler
