"""A judged claim: one record, from its test to the checklist, its file and the report."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, computed_field

from grokspec.claims.claim import Claim
from grokspec.claims.packs import Pack
from grokspec.claims.questions import Question
from grokspec.errors import GrokspecError
from grokspec.files.regular import read_regular, reason
from grokspec.formatting import dotted
from grokspec.statistics.evidence import Effect, effects_of
from grokspec.statistics.finding import Finding
from grokspec.statistics.verdict import Verdict

MOST_BYTES = 2**28
"""No larger file is read."""

T = TypeVar("T")
ControlKind = Literal["negative control", "positive control"]


class Record(BaseModel):
    """What files and other processes get as JSON, in which infinities and NaN are strings."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")


class ControlOutcome(Record):
    """The verdict on a claim under one control."""

    test: str
    """Node id of the claim's own test."""
    control: str
    """What was done to the experiment."""
    expected: Verdict
    """The verdict that the control must change."""
    verdict: Verdict
    """NOT RUN if the control failed with an error, or changes nothing."""
    changes_nothing: bool = False
    """Whether it leaves what the claim reads as it was, so that the claim was not judged again."""
    changed_runs: str = ""
    """How many runs it trains anew, if not all: "8 of 24 runs"."""
    recorded_elsewhere: bool = False
    """Whether it would have to train what was recorded elsewhere, so that it could not be run."""

    @property
    def kind(self) -> ControlKind:
        """Negative for a claim that is expected to be supported."""
        return kind_of_control(self.expected)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def outcome(self) -> Literal["effective", "insensitive", "changes nothing", "not run"]:
        """Effective if the verdict is as it must be; insensitive if the claim kept it."""
        if self.changes_nothing:
            return "changes nothing"
        if self.verdict is Verdict.NOT_RUN:
            return "not run"
        return "effective" if changes_verdict(self.expected, self.verdict) else "insensitive"

    @property
    def name(self) -> str:
        """Its kind, what was done, and to how many runs if not to all."""
        some = f" (changes {self.changed_runs})" if self.changed_runs else ""
        return f"{self.kind}, {self.control}{some}"

    def __str__(self) -> str:
        if self.outcome == "changes nothing":
            return f"{self.name}: CHANGES NOTHING, so it shows nothing"
        if self.recorded_elsewhere:
            return f"{self.name}: not run, since the results were recorded elsewhere"
        if self.outcome == "not run":
            return f"{self.name}: not run"
        if self.outcome == "effective":
            return f"{self.name}: the claim is then {self.verdict.value}"
        duty = duty_under_control(self.expected)
        return f"{self.name}: INSENSITIVE, the claim is then {self.verdict.value}, and {duty}"


class OtherVerdict(Record):
    """The verdict on a claim under other circumstances than those in which it was judged."""

    verdict: Verdict
    measured: float | None = None
    unit: str = ""
    n: int | None = None
    interval: tuple[float, float] | None = None
    judged: str = ""
    """When, and by which versions. Empty for the verdict that the code expects, with no numbers."""
    changed: tuple[str, ...] = ()
    """What of the claim has changed since: "its sentence"."""


class VerdictElsewhere(OtherVerdict):
    """The verdict on a claim at another profile than the one at which it was judged."""

    profile: str

    def __str__(self) -> str:
        return f"{self.verdict.word} at {self.profile}"


class Replication(OtherVerdict):
    """The verdict on a claim on fresh seeds."""

    seeds_moved_by: int
    """By how much they are larger than those of its specs."""


class JudgedClaim(Record):
    """One claim as one test judged it."""

    test: str
    """The test's node id."""
    id: str
    """Unique within its pack; several tests may share it."""
    pack: Pack | None = None
    """The pack that it is of, if it is of one."""
    sentence: str
    source: str
    specs: dict[str, str]
    """The files of the specs that it reads, by name, relative to where pytest was started; empty
    for results that were given in the place of a spec."""
    negative_controls: tuple[str, ...]
    positive_controls: tuple[str, ...]
    headline: bool | str
    """True, or the text below which reports list it."""
    about: Question | None = None
    """The contested question that it answers, if it answers one."""
    says: str = ""
    """Its answer, one of those of the question. The verdict says whether it holds."""
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
    """The name of its figure's file, if figures were drawn."""
    profile: str = ""
    """The profile of its specs; empty in checklists that don't say."""
    is_unjudged: bool = False
    """Whether no verdict was accepted at its profile, so that the code's is the expected one."""
    changed: tuple[str, ...] = ()
    """What of the claim has changed since the expected verdict was accepted: "its sentence"."""
    elsewhere: tuple[VerdictElsewhere, ...] = ()
    """The verdicts at other profiles."""
    test_hash: str = ""
    """What it does, and its specs under its profile, by name: see `claims.identity`. Empty where no
    other profile was judged."""
    spec_hashes: dict[str, str] = Field(default_factory=dict)
    seeds_moved_by: int = 0
    """By how much the seeds are larger than those of its specs, on which it was judged."""
    unmoved: tuple[str, ...] = ()
    """Its specs that have no fresh seeds, since what they read was recorded elsewhere."""
    replications: tuple[Replication, ...] = ()
    """How it came out on fresh seeds before, as far as that was kept."""

    @property
    def full_id(self) -> str:
        """Its id below its pack, which no claim of another pack has: "kumar2024 P01"."""
        return f"{self.pack.key} {self.id}" if self.pack else self.id

    @computed_field  # type: ignore[prop-decorator]
    @property
    def unexpected(self) -> bool:
        """Whether there is a verdict and it is not the expected one."""
        return self.verdict not in (self.expected, Verdict.NOT_RUN)

    @property
    def is_replicated(self) -> bool:
        """Whether it was judged on fresh seeds; a claim on theory has none."""
        return self.seeds_moved_by > 0 and any(name not in self.unmoved for name in self.specs)

    @property
    def repeated(self) -> tuple[int, int]:
        """How often it came out as expected on fresh seeds, and how often it was judged on them.

        What was found before the claim changed does not count.
        """
        verdicts = {r.seeds_moved_by: r.verdict for r in self.replications if not r.changed}
        if self.is_replicated and self.verdict is not Verdict.NOT_RUN:
            verdicts[self.seeds_moved_by] = self.verdict
        return list(verdicts.values()).count(self.expected), len(verdicts)

    @property
    def insensitive(self) -> bool:
        """Whether a control that must change the verdict does not."""
        return any(control.outcome == "insensitive" for control in self.controls)

    @property
    def has_idle_control(self) -> bool:
        """Whether a control changes nothing of what the claim reads."""
        return any(control.outcome == "changes nothing" for control in self.controls)

    @property
    def has_untrained_control(self) -> bool:
        """Whether a control would have to train what was recorded elsewhere."""
        return any(control.recorded_elsewhere for control in self.controls)

    @property
    def otherwise(self) -> tuple[VerdictElsewhere, ...]:
        """The verdicts at other profiles that are not this one."""
        if self.verdict is Verdict.NOT_RUN:
            return ()
        return tuple(other for other in self.elsewhere if other.verdict is not self.verdict)

    @property
    def lacks_control(self) -> bool:
        """Whether it is supported as expected and has no control under which it must not be.

        The code cannot expect that, but another profile may.
        """
        supported = self.verdict is self.expected is Verdict.SUPPORTED
        return supported and not self.negative_controls

    @property
    def tested_by(self) -> tuple[ControlOutcome, ...]:
        """The controls that had a verdict to change: the expected one, which the claim has."""
        if self.verdict is not self.expected:
            return ()
        return tuple(c for c in self.controls if c.outcome in ("effective", "insensitive"))

    @property
    def controls_in_words(self) -> tuple[str, ...]:
        """A line for each control that was run."""
        nothing = (
            "" if self.verdict is self.expected else "; there was no expected verdict to change"
        )
        return tuple(
            f"{control}{nothing if control.outcome == 'effective' else ''}"
            for control in self.controls
        )


def read_records(path: Path, records: TypeAdapter[T], what: str, remedy: str) -> T:
    """Read records from a JSON file.

    Raises a GrokspecError, with the remedy, if the file is not ``what``.
    """
    try:
        content = read_regular(path, MOST_BYTES)
    except OSError as error:
        raise _unreadable(str(path), what, reason(path, error), remedy) from error
    return records_in(content, str(path), records, what, remedy)


def records_in(content: bytes, name: str, records: TypeAdapter[T], what: str, remedy: str) -> T:
    """The records in the content of a file of this name; see `read_records`."""
    try:
        return records.validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = f"at {dotted(first['loc'])}: " if first["loc"] else ""
        raise _unreadable(name, what, where + first["msg"], remedy) from error


def _unreadable(name: str, what: str, why: str, remedy: str) -> GrokspecError:
    return GrokspecError(f"{name} is not a {what} that could be read ({why}); {remedy}")


def kind_of_control(expected: Verdict) -> ControlKind:
    """The kind of the controls of a claim with this expected verdict."""
    return "negative control" if expected is Verdict.SUPPORTED else "positive control"


def duty_under_control(expected: Verdict) -> str:
    """What a claim with this expected verdict must be under its controls."""
    return "must not be supported" if expected is Verdict.SUPPORTED else "must be supported"


def changes_verdict(expected: Verdict, verdict: Verdict) -> bool:
    """Whether the verdict under a control is as it must be.

    A claim that is expected to be supported must not be, and any other claim must be.
    """
    return (verdict is Verdict.SUPPORTED) != (expected is Verdict.SUPPORTED)


def record_of(
    claim: Claim,
    test: str,
    specs: dict[str, str],
    figure: str = "",
    pack: Pack | None = None,
    about: Question | None = None,
) -> JudgedClaim:
    """The record of a claim that is not judged yet: NOT RUN."""
    return JudgedClaim(
        test=test,
        id=claim.id,
        pack=pack,
        sentence=claim.sentence,
        source=claim.source,
        specs=specs,
        negative_controls=tuple(map(str, claim.negative_controls)),
        positive_controls=tuple(map(str, claim.positive_controls)),
        headline=claim.headline,
        about=about,
        says=claim.says if about else "",
        expected=claim.expected_verdict,
        figure=figure,
    )


def judged_by(finding: Finding, record: JudgedClaim) -> JudgedClaim:
    """The record of a claim with the verdict and numbers of a finding."""
    return record.model_copy(
        update={
            "verdict": finding.verdict,
            "statement": finding.statement,
            "measured": finding.measured,
            "unit": finding.unit,
            "n": finding.n,
            "interval": finding.interval,
            "p": finding.p_value,
            "effects": effects_of(finding.evidence) or (_effect_of(finding),),
        }
    )


def _effect_of(finding: Finding) -> Effect:
    """The effect of a finding that was not computed by `grokspec.statistics`."""
    return Effect(
        quantity="what was measured",
        place="",
        unit=finding.unit,
        measured=finding.measured,
        interval=finding.interval,
    )
