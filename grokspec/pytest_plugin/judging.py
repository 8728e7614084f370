"""A claim's test passes if the verdict is the one that it must be."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from grokspec.checklist import Row, Trial, turns
from grokspec.claims import Claim, Control, NothingJudgedError, hearing
from grokspec.findings import Finding, Verdict
from grokspec.pytest_plugin.claimed import FINDING, SPECS, claim_of, control_of, own_test

DETAILS_SHOWN = 12
"""How many parts of a finding a failure lists."""


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Judge a claim, and fail its test unless the verdict is the one that it must be."""
    claim = claim_of(pyfuncitem)
    if claim is None:
        return (yield)
    pyfuncitem.stash[FINDING] = None  # of an earlier attempt, where tests are run again
    try:
        with hearing() as held:
            yield
    except NothingJudgedError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    assert held.finding is not None
    pyfuncitem.stash[FINDING] = held.finding
    if objection := _objection(pyfuncitem, claim, held.finding):
        pytest.fail(objection, pytrace=False)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write what came of a claim into the properties of its test."""
    report = yield
    claim = claim_of(item)
    if claim is None or not (call.when == "call" or (call.when == "setup" and call.excinfo)):
        return report
    told = _told(item, claim, call)
    item.user_properties += told
    report.user_properties += told
    return report


def _told(item: pytest.Item, claim: Claim, call: pytest.CallInfo[None]) -> list[tuple[str, object]]:
    finding, control = item.stash.get(FINDING, None), control_of(item)
    if control is not None:
        verdict = Verdict.NOT_RUN if finding is None else finding.verdict
        return Trial(own_test(item), control.sentence, claim.recorded, verdict.value).properties()
    row = Row.of(claim, item.nodeid, finding)
    if finding is None:
        row = replace(row, statement=_stopped_by(call))
    return row.properties()


def _objection(item: pytest.Function, claim: Claim, finding: Finding) -> str | None:
    """What speaks against a test passing with this finding, if anything does."""
    control = control_of(item)
    if control is not None:
        if turns(claim.verdict, finding.verdict):
            return None
        return _toothless(item, claim, control, finding)
    if finding.verdict is claim.verdict:
        return None
    return _turned(item, claim, finding)


def _turned(item: pytest.Function, claim: Claim, finding: Finding) -> str:
    head = f"on record {claim.verdict.word}, now {finding.verdict.word}: {finding.statement}"
    remedy = f'if this is knowledge and no fault, put verdict="{finding.verdict.value}" on record'
    return "\n".join([head, *_particulars(item, claim, finding), f"  remedy  {remedy}"])


def _toothless(item: pytest.Function, claim: Claim, control: Control, finding: Finding) -> str:
    still = "still SUPPORTED" if claim.verdict is Verdict.SUPPORTED else "not SUPPORTED even"
    head = f"toothless: {still} with {control.sentence}: {finding.statement}"
    remedy = "sharpen the claim until this experiment turns it, or name one that must"
    return "\n".join([head, *_particulars(item, claim, finding), f"  remedy  {remedy}"])


def _particulars(item: pytest.Function, claim: Claim, finding: Finding) -> list[str]:
    from grokspec.spec.source import shown_path

    lines = [f"  claim   {claim.id}, {claim.source}: {claim.sentence}"]
    shown = finding.details[:DETAILS_SHOWN]
    lines += [f"  {'' if i else 'detail':6}  {line}" for i, line in enumerate(shown)]
    if more := len(finding.details) - len(shown):
        lines.append(f"          and {more} more")
    options = _figure_options(item.config)
    lines += [
        f"  figure  grokspec figure {shown_path(p)}{options}" for p in item.stash[SPECS].values()
    ]
    return lines


def _figure_options(config: pytest.Config) -> str:
    """What `grokspec figure` has to be told to draw what the claims read."""
    store, profile = config.getoption("--grokspec-store"), config.getoption("--grokspec-profile")
    return (f" --store {store}" if store else "") + (
        f" --profile {profile}" if profile != "quick" else ""
    )


def _stopped_by(call: pytest.CallInfo[None]) -> str:
    """Why a claim reached no verdict: the first line of what stopped its test."""
    reason = call.excinfo.exconly() if call.excinfo else "the test gave no reason"
    for prefix in ("Failed: ", "Skipped: ", "NOT RUN: "):
        reason = reason.removeprefix(prefix)
    return reason.splitlines()[0]
