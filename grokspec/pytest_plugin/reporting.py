"""The checklist at the end: on the terminal, and in the file given by ``--checklist``."""

from __future__ import annotations

from typing import Any

import pytest

from grokspec.claims.checklist import Checklist, write_checklist
from grokspec.claims.summary import lines, lines_of_kept
from grokspec.claims.verdict_files import Kept
from grokspec.errors import GrokspecError
from grokspec.pytest_plugin.expectations import PROFILES
from grokspec.pytest_plugin.replication import REPLICATIONS
from grokspec.pytest_plugin.verdicts import control_in, judged_in
from grokspec.statistics.verdict import Verdict


class Reporter:
    """Gathers the checklist in the controller, from whichever process judges the claims."""

    def __init__(self, config: pytest.Config, checklist: Checklist) -> None:
        self._config = config
        self._checklist = checklist
        self._error = ""
        self._kept: list[Kept] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Enter the record or the control's outcome in a test's report."""
        if judged := judged_in(report) or control_in(report):
            self._checklist.enter(judged)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[Any, ...] | None:
        """With ``-v``, show a claim's verdict instead of PASSED."""
        if report.when != "call" or not report.passed:
            return None
        judged = judged_in(report)
        if judged is None:
            return None
        color = "green" if judged.verdict is Verdict.SUPPORTED else "yellow"
        return "passed", ".", (judged.verdict.word, {color: True})

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the checklist to its file, and the verdicts to that of their profile."""
        try:
            if named := self._config.getoption("--checklist"):
                write_checklist(self._checklist, self._config.invocation_params.dir / named)
            profiles = self._config.stash[PROFILES]
            if profiles.accepts:
                self._kept = profiles.accept(self._checklist.records())
            if (replications := self._config.stash[REPLICATIONS]).records:
                self._kept = replications.record(self._checklist.records())
        except GrokspecError as error:
            self._error = str(error)
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the checklist."""
        if self._checklist:
            terminalreporter.section("claims")
            for line, color in lines(self._checklist.records(), terminalreporter._tw.fullwidth):
                terminalreporter.write_line(line, **({color: True} if color else {}))
        for kept in self._kept:
            for line, color in lines_of_kept(kept):
                terminalreporter.write_line(line, **({color: True} if color else {}))
        if self._error:
            terminalreporter.write_line(self._error, red=True)
