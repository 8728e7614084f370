"""The checklist at the end: on the terminal, and in the file that was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from grokspec.checklist import PREFIX, Checklist
from grokspec.findings import Verdict


class Reporter:
    """Gathers the checklist in the process that has the terminal, whichever judges the claims."""

    def __init__(self, config: pytest.Config, checklist: Checklist) -> None:
        self._config = config
        self._checklist = checklist

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Enter what a test tells."""
        self._checklist.hear(report.user_properties)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[Any, ...] | None:
        """Have ``-v`` show a claim's verdict where other tests have PASSED."""
        if report.when != "call" or not report.passed:
            return None
        verdict = dict(report.user_properties).get(f"{PREFIX}verdict")
        if verdict is None:
            return None
        colour = "green" if verdict == Verdict.SUPPORTED.value else "yellow"
        return "passed", ".", (Verdict(verdict).word, {colour: True})

    def pytest_sessionfinish(self) -> None:
        """Write the checklist to the file that was asked for."""
        if named := self._config.getoption("--checklist"):
            self._checklist.write(self._config.invocation_params.dir / named)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the checklist."""
        if not self._checklist:
            return
        terminalreporter.section("claims")
        for line, colour in self._checklist.lines(terminalreporter._tw.fullwidth):
            markup = {colour: True} if colour else {}
            terminalreporter.write_line(line, **markup)
