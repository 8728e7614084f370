"""Evaluates claims: a test passes if the verdict is the right one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from grokspec.claims.claim import Claim, NothingJudgedError, evaluation
from grokspec.claims.controls import Control
from grokspec.claims.record import (
    ControlOutcome,
    JudgedClaim,
    changes_verdict,
    duty_under_control,
    judged_by,
    kind_of_control,
)
from grokspec.claims.summary import profile_note
from grokspec.errors import visible
from grokspec.formatting import shown_path
from grokspec.pytest_plugin.expectations import PROFILES
from grokspec.pytest_plugin.items import (
    EFFECT,
    FINDING,
    RECORD,
    claim_of,
    control_of,
    own_test,
    readings_of,
)
from grokspec.pytest_plugin.remedies import remedy
from grokspec.pytest_plugin.replication import REPLICATIONS
from grokspec.pytest_plugin.roles import ROLE
from grokspec.spec import DEFAULT_PROFILE
from grokspec.statistics.finding import Finding
from grokspec.statistics.verdict import Verdict

JUDGED, UNDER_CONTROL = "grokspec.claim", "grokspec.control"
"""The test properties that hold a `JudgedClaim` and a `ControlOutcome`, in JSON. JUnit files have
them, and pytest-xdist sends them to the controller."""

DETAILS_SHOWN = 12
"""The most parts of a finding that a failure lists."""


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Evaluate a claim, and fail its test unless the verdict is the right one."""
    claim = claim_of(pyfuncitem)
    if claim is None:
        return (yield)
    pyfuncitem.stash[FINDING] = None  # an earlier one, if tests are run again
    try:
        with evaluation() as ongoing:
            yield
    except NothingJudgedError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    assert ongoing.finding is not None
    pyfuncitem.stash[FINDING] = ongoing.finding
    if objection := _objection(pyfuncitem, claim, ongoing.finding):
        pytest.fail(visible(objection), pytrace=False)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the record of a claim into the properties of its test."""
    report = yield
    claim = claim_of(item)
    if claim is None or not (call.when == "call" or (call.when == "setup" and call.excinfo)):
        return report
    record = _record(item, claim, call)
    name = JUDGED if isinstance(record, JudgedClaim) else UNDER_CONTROL
    judged = (name, record.model_dump_json())
    item.user_properties.append(judged)
    report.user_properties.append(judged)
    return report


def judged_in(report: pytest.TestReport | pytest.CollectReport) -> JudgedClaim | None:
    """The record in the properties of a claim's test; None for other tests."""
    found = dict(getattr(report, "user_properties", ())).get(JUDGED)
    return JudgedClaim.model_validate_json(str(found)) if found else None


def control_in(report: pytest.TestReport) -> ControlOutcome | None:
    """The outcome in the properties of a test under control; None for other tests."""
    found = dict(report.user_properties).get(UNDER_CONTROL)
    return ControlOutcome.model_validate_json(str(found)) if found else None


def _record(
    item: pytest.Item, claim: Claim, call: pytest.CallInfo[None]
) -> JudgedClaim | ControlOutcome:
    finding, control = item.stash.get(FINDING, None), control_of(item)
    if control is not None:
        return ControlOutcome(
            test=own_test(item),
            control=control.sentence,
            expected=claim.expected_verdict,
            verdict=Verdict.NOT_RUN if finding is None else finding.verdict,
            **item.stash.get(EFFECT, {}),
        )
    record = item.stash[RECORD]
    if finding is None:
        return record.model_copy(update={"statement": _stopped_by(call)})
    return judged_by(finding, record)


def _objection(item: pytest.Function, claim: Claim, finding: Finding) -> str | None:
    """Why a test fails with this finding; None if it passes."""
    control = control_of(item)
    if control is not None:
        if changes_verdict(claim.expected_verdict, finding.verdict):
            return None
        return _insensitive(item, claim, control, finding)
    if finding.verdict is claim.expected_verdict:
        return None
    return _unexpected(item, claim, finding)


def _unexpected(item: pytest.Function, claim: Claim, finding: Finding) -> str:
    record = item.stash[RECORD]
    place = f" at {record.profile}" if not (record.is_unjudged or _in_code(item)) else ""
    here = f" on seeds + {record.seeds_moved_by}" if record.is_replicated else ""
    head = (
        f"{finding.verdict.word}{here}, where {claim.expected_verdict.word} was expected{place}: "
        f"{finding.statement}"
    )
    return "\n".join(
        [head, *_particulars(item, claim, finding), f"  remedy  {remedy(item, finding)}"]
    )


def _insensitive(item: pytest.Function, claim: Claim, control: Control, finding: Finding) -> str:
    expected = claim.expected_verdict
    head = (
        f"insensitive: {finding.verdict.word} under the {kind_of_control(expected)}, "
        f"{control.sentence}, under which it {duty_under_control(expected)}: {finding.statement}"
    )
    advice = (
        "sharpen the claim until this control changes its verdict, or choose a control that must"
    )
    return "\n".join([head, *_particulars(item, claim, finding), f"  remedy  {advice}"])


def _particulars(item: pytest.Function, claim: Claim, finding: Finding) -> list[str]:
    lines = [f"  claim   {claim.id}, {claim.source}: {claim.sentence}"]
    details = finding.details[:DETAILS_SHOWN]
    lines += [f"  {'' if i else 'detail':6}  {line}" for i, line in enumerate(details)]
    if more := len(finding.details) - len(details):
        lines.append(f"          and {more} more")
    if (record := item.stash.get(RECORD, None)) and (note := profile_note(record)):
        lines.append(f"  profile {note}")
    options = _figure_options(item.config)
    provider = item.config.stash[ROLE].provider
    lines += [
        f"  figure  grokspec figure {shown_path(reading.spec)}{options}"
        for reading in readings_of(item).values()
        if not provider.is_given(reading)
    ]
    return lines


def _in_code(item: pytest.Item) -> bool:
    return item.config.stash[PROFILES].in_code


def _figure_options(config: pytest.Config) -> str:
    """The options by which `grokspec figure` reads what the claims read."""
    store, profile = config.getoption("--grokspec-store"), config.getoption("--grokspec-profile")
    moved_by = config.stash[REPLICATIONS].seeds_moved_by
    options = {"store": store, "profile": profile if profile != DEFAULT_PROFILE else ""}
    options |= {"seeds-moved-by": moved_by}
    return "".join(f" --{name} {value}" for name, value in options.items() if value)


def _stopped_by(call: pytest.CallInfo[None]) -> str:
    """Why a claim reached no verdict: the first line of its test's error."""
    reason = call.excinfo.exconly() if call.excinfo else "the test gave no reason"
    for prefix in ("Failed: ", "Skipped: ", "NOT RUN: "):
        reason = reason.removeprefix(prefix)
    return reason.splitlines()[0]
