"""Sentences that sum up: none is true for want of cases."""

from types import SimpleNamespace

import pytest

from grokspec.claims.record import ControlOutcome, JudgedClaim
from grokspec.report import wording
from grokspec.report.contents import ReportedClaim


def reported(*controls, verdict="supported", expected="supported", test="a"):
    record = JudgedClaim(
        test=test,
        id="P1",
        sentence="It does.",
        source="§1",
        specs={},
        negative_controls=(),
        positive_controls=(),
        headline=False,
        expected=expected,
        verdict=verdict,
        controls=tuple(
            ControlOutcome(
                test=test,
                control="x",
                expected=expected,
                verdict="not run" if outcome == "idle" else outcome,
                changes_nothing=outcome == "idle",
            )
            for outcome in controls
        ),
    )
    return ReportedClaim(record, test, (), None, ())


def report(*claims):
    controls = [control for one in claims for control in one.record.controls]
    return SimpleNamespace(claims=claims, controls=controls)


REFUTED = {"verdict": "refuted", "expected": "refuted"}
ALL = "which must change the verdict: all did."

NOTHING = "changes nothing, was not run, or had no expected verdict to change."


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ([reported()], ""),
        (
            [reported("refuted")],
            "1 claim was also judged under 1 control, which must change the verdict: it did.",
        ),
        (
            [reported("refuted", "inconclusive")],
            f"1 claim was also judged under 2 controls, {ALL}",
        ),
        (
            [reported("refuted"), reported("supported", **REFUTED, test="b")],
            f"2 claims were also judged under 2 controls, {ALL}",
        ),
        (
            [reported("refuted", "supported", "supported")],
            "1 claim was also judged under 3 controls, which must change the verdict: 1 did.",
        ),
        (
            [reported("supported")],
            "1 claim was also judged under 1 control, which must change the verdict: none did.",
        ),
        (
            [reported("refuted", verdict="refuted")],
            f"1 control shows nothing: it {NOTHING}",
        ),
        (
            [reported("refuted", "refuted", "idle", "not run")],
            f"1 claim was also judged under 2 controls, {ALL} "
            f"2 controls show nothing: each {NOTHING}",
        ),
    ],
)  # fmt: skip
def test_only_controls_that_had_a_verdict_to_change_and_changed_it_are_counted(claims, sentence):
    assert wording.controls(report(*claims)) == sentence
