"""How far training is, shown on pytest's terminal while no test runs yet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from grokspec.runner.dispatch import Progress

BETWEEN_LINES = 10.0
"""Seconds between two lines where a line cannot be rewritten (a log, a pipe)."""


class ProgressLine:
    """One line that is rewritten on a terminal, or a new one every few seconds elsewhere."""

    def __init__(self, config: pytest.Config) -> None:
        self._reporter: pytest.TerminalReporter | None
        self._reporter = config.pluginmanager.getplugin("terminalreporter")
        self._rewrites = bool(self._reporter and self._reporter.isatty)
        self._last = -BETWEEN_LINES

    def announce(self, text: str) -> None:
        """Say something on a line of its own, in the place of one that is being rewritten."""
        if self._reporter is None:
            return
        if self._rewrites:
            self._reporter.rewrite(text, erase=True)
            self._reporter.line("")
        else:
            self._reporter.write_line(text)

    def show(self, progress: Progress) -> None:
        """Say how far it is."""
        if self._reporter is None:
            return
        if self._rewrites:
            self._reporter.rewrite(str(progress), erase=True)
        elif time.monotonic() - self._last >= BETWEEN_LINES:
            self._last = time.monotonic()
            self.announce(str(progress))
