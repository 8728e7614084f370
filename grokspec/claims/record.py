"""A judged claim, as one record from its test to the checklist, the report and the file."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, computed_field

from grokspec.claims.claim import Claim
from grokspec.statistics.evidence import Effect, effects_of
from grokspec.statistics.finding import Finding
from grokspec.statistics.verdict import Verdict

ControlKind = Literal["negative control", "positive control"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")


class ControlOutcome(_Record):
    """The verdict on a claim under one control."""

    test: str
    """Node id of the claim's own test."""
    control: str
    """What was done to the experiment, in a sentence."""
    expected: Verdict
    """The verdict that the control must change."""
    verdict: Verdict
    """NOT RUN if the control itself broke."""

    @property
    def kind(self) -> ControlKind:
        """What such an experiment is called."""
        supported = self.expected is Verdict.SUPPORTED
        return "negative control" if supported else "positive control"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def outcome(self) -> Literal["effective", "insensitive", "not run"]:
        """Whether the verdict changed; a claim that keeps it is insensitive to the experiment."""
        if self.verdict is Verdict.NOT_RUN:
            return "not run"
        return "effective" if changes_verdict(self.expected, self.verdict) else "insensitive"

    def __str__(self) -> str:
        if self.outcome == "not run":
            return f"{self.kind}, {self.control}: not run"
        mark = "INSENSITIVE, " if self.outcome == "insensitive" else ""
        return f"{self.kind}, {self.control}: {mark}the claim is then {self.verdict.value}"


class JudgedClaim(_Record):
    """One claim as one test judged it."""

    test: str
    """The test's node id."""
    id: str
    sentence: str
    source: str
    specs: dict[str, str]
    """The specs that it reads, by name, with their files."""
    negative_controls: tuple[str, ...]
    positive_controls: tuple[str, ...]
    headline: bool | str
    """True, or the statement that it belongs to."""
    expected: Verdict
    verdict: Verdict = Verdict.NOT_RUN
    statement: str = "not reached"
    measured: float | None = None
    unit: str = ""
    n: int | None = None
    interval: tuple[float, float] | None = None
    p: float | None = None
    q: float | None = None
    """p adjusted for the number of claims judged."""
    effects: tuple[Effect, ...] = ()
    controls: tuple[ControlOutcome, ...] = ()
    """The controls that were run."""
    figure: str = ""
    """The name of its figure's file, where figures were drawn."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def unexpected(self) -> bool:
        """Whether there is a verdict and it is not the expected one."""
        return self.verdict not in (self.expected, Verdict.NOT_RUN)

    @property
    def insensitive(self) -> bool:
        """Whether a control that must change the verdict does not."""
        return any(control.outcome == "insensitive" for control in self.controls)


def changes_verdict(expected: Verdict, verdict: Verdict) -> bool:
    """Whether a control did what it must: a supported claim falls, any other is supported."""
    return (verdict is Verdict.SUPPORTED) != (expected is Verdict.SUPPORTED)


def record_of(claim: Claim, test: str, specs: dict[str, str], figure: str = "") -> JudgedClaim:
    """The record of a claim that is yet to be judged: NOT RUN."""
    return JudgedClaim(
        test=test,
        id=claim.id,
        sentence=claim.sentence,
        source=claim.source,
        specs=specs,
        negative_controls=tuple(map(str, claim.negative_controls)),
        positive_controls=tuple(map(str, claim.positive_controls)),
        headline=claim.headline,
        expected=claim.expected_verdict,
        figure=figure,
    )


def judged_by(finding: Finding, record: JudgedClaim) -> JudgedClaim:
    """The record of a claim with the finding that its verdict rests on."""
    return record.model_copy(
        update={
            "verdict": finding.verdict,
            "statement": finding.statement,
            "measured": finding.measured,
            "unit": finding.unit,
            "n": finding.n,
            "interval": finding.interval,
            "p": finding.p_value,
            "effects": effects_of(finding.evidence),
        }
    )
