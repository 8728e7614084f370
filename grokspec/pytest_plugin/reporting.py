"""The checklist at the end: on the terminal, and in the file that was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from grokspec.checklist import PREFIX, Checklist
from grokspec.errors import GrokspecError
from grokspec.findings import Verdict


class Reporter:
    """Gathers the checklist in the process that has the terminal, whichever judges the claims."""

    def __init__(self, config: pytest.Config, checklist: Checklist) -> None:
        self._config = config
        self._checklist = checklist
        self._complaint = ""

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

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the checklist to the file that was asked for."""
        if named := self._config.getoption("--checklist"):
            try:
                self._checklist.write(self._config.invocation_params.dir / named)
            except GrokspecError as error:
                self._complaint = str(error)
                session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the checklist."""
        if self._checklist:
            terminalreporter.section("claims")
            for line, colour in self._checklist.lines(terminalreporter._tw.fullwidth):
                terminalreporter.write_line(line, **({colour: True} if colour else {}))
        if self._complaint:
            terminalreporter.write_line(self._complaint, red=True)
