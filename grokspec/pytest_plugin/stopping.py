"""Lets SIGTERM and SIGHUP end pytest as Ctrl-C does: with a line, and with nothing left behind.

By default they end a process at once, and what it had made for its workers would stay.
"""

from __future__ import annotations

import signal

import pytest

from grokspec.runner.signals import raised_on_signals


class StoppedBySignal(KeyboardInterrupt):
    """A signal that asks pytest to end; pytest takes it for Ctrl-C."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(number.name)
        self.number = number


class Stopping:
    """Raises at a signal, and makes it pytest's exit code."""

    def __init__(self) -> None:
        self._number: signal.Signals | None = None
        self._block = raised_on_signals(self._stop, "SIGTERM", "SIGHUP")
        self._block.__enter__()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Set the exit code by which a shell says that a signal ended a process."""
        if self._number is not None:
            session.exitstatus = 128 + self._number

    def pytest_unconfigure(self) -> None:
        """Leave the signals as they were."""
        self._block.__exit__(None, None, None)

    def _stop(self, number: signal.Signals) -> StoppedBySignal:
        self._number = number
        return StoppedBySignal(number)
