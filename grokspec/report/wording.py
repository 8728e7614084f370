"""Numbers, times and sentences for all formats of the report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from grokspec import formatting
from grokspec.claims.record import ControlOutcome, JudgedClaim, VerdictElsewhere
from grokspec.claims.summary import before, ids_in_words
from grokspec.report.contents import Report, ReportedClaim, tally
from grokspec.report.contested import Contested
from grokspec.statistics.verdict import Verdict


def number(value: float | None) -> str:
    """As in findings, with a real minus sign; ``∞`` for what never happened."""
    if value is None or math.isnan(value):
        return "not known"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    digits = formatting.number(value)
    if "e" in digits:
        mantissa, exponent = digits.split("e")
        digits = f"{mantissa}×10{_raised(int(exponent))}"
    return digits.replace("-", "−")


def interval(record: JudgedClaim | VerdictElsewhere) -> str:
    """``[0.2, 0.4]``; empty without an interval."""
    if record.interval is None:
        return ""
    return f"[{number(record.interval[0])}, {number(record.interval[1])}]"


def effect(record: JudgedClaim | VerdictElsewhere) -> str:
    """What was measured, with unit and interval; empty if the claim was not run."""
    if record.measured is None:
        return ""
    return " ".join(filter(None, [number(record.measured), record.unit, interval(record)]))


def at_profile(other: VerdictElsewhere) -> str:
    """The verdict at another profile with its number: "refuted, 0.1 [0.05, 0.2], n = 10"."""
    n = "" if other.n is None else f"n = {other.n}"
    changed = f"judged {before(other.changed)}" if other.changed else ""
    return ", ".join(filter(None, [other.verdict.value, effect(other), n, changed]))


def profiles(report: Report) -> list[str]:
    """The other profiles at which claims of the report were judged."""
    found = (other.profile for one in report.claims for other in one.record.elsewhere)
    return list(dict.fromkeys(found))


def differences(report: Report) -> str:
    """Sentences on the claims that have another verdict at another profile; empty without any."""
    sentences = []
    for profile in profiles(report):
        differing = [
            one.record
            for one in report.claims
            if any(other.profile == profile for other in one.record.otherwise)
        ]
        if differing:
            sentences.append(f"Another verdict at {profile}: {ids_in_words(differing)}.")
    return " ".join(sentences)


def relation(record: JudgedClaim) -> str:
    """Whether the verdict is the expected one, and else which was expected."""
    if record.verdict is record.expected:
        return "as expected"
    return f"{record.expected.value} was expected"


def outcome(control: ControlOutcome) -> str:
    """The verdict under a control, or that there is none."""
    if control.outcome in ("not run", "changes nothing"):
        return control.outcome
    mark = "insensitive: " if control.outcome == "insensitive" else ""
    return f"{mark}then {control.verdict.value}"


def who(record: JudgedClaim) -> str:
    """Who makes a claim, and where: "Kumar et al. 2024, P06 (§5.1, Fig. 3a)"."""
    pack = f"{record.pack.name}, " if record.pack else ""
    return f"{pack}{record.id} ({record.source})"


def settings(one: ReportedClaim) -> str:
    """The settings of a claim, each with the name of its spec; that of theory is a formula."""
    if not one.record.specs:
        return "theory"
    return " · ".join(f"{spec.name}: {spec.setting}" for spec in one.specs)


def answers(question: Contested) -> str:
    """What became of each answer: "yes: 2 supported, 1 refuted; no: 3 supported"."""
    return "; ".join(
        f"{answer.key}: {counts(answer.claims) or 'nobody claims it here'}"
        for answer in question.answers
    )


def counts(claims: Iterable[ReportedClaim]) -> str:
    """``3 supported, 1 refuted``."""
    return ", ".join(f"{count} {verdict.value}" for verdict, count in tally(claims))


def controls(report: Report) -> str:
    """Sentences on the outcomes of the controls; empty if none was run.

    Only controls that had a verdict to change count: those of claims with the expected verdict,
    on which the claim was judged again.
    """
    tested = [control for one in report.claims for control in one.record.tested_by]
    idle = len(report.controls) - len(tested)
    sentences = []
    if tested:
        claims = len({control.test for control in tested})
        sentences.append(
            f"{plural(claims, 'claim was', 'claims were')} also judged under "
            f"{plural(len(tested), 'control', 'controls')}, which must change the verdict: "
            f"{_how_many(sum(c.outcome == 'effective' for c in tested), len(tested))} did."
        )
    if idle:
        sentences.append(
            f"{plural(idle, 'control shows nothing: it', 'controls show nothing: each')} changes "
            "nothing, was not run, or had no expected verdict to change."
        )
    return " ".join(sentences)


def standing(report: Report) -> str:
    """Whether the verdicts are the expected ones, and how many claims have none."""
    sentences = []
    if unexpected := report.unexpected:
        ids = ids_in_words(one.record for one in unexpected)
        sentences.append(f"Unexpected verdicts: {ids}.")
    if not_run := sum(one.verdict is Verdict.NOT_RUN for one in report.claims):
        sentences.append(
            f"{plural(not_run, 'claim was', 'claims were')} not run, each with its reason. If "
            f"results are missing, `pytest {report.folder}` trains them."
        )
    return " ".join(sentences) or "Every verdict is the expected one."


def _how_many(some: int, total: int) -> str:
    if some < total:
        return str(some or "none")
    return "all" if total > 1 else "it"


def plural(count: int, one: str, many: str) -> str:
    """``1 claim``, ``2 claims``."""
    return f"{count} {one if count == 1 else many}"


def spans(numbers: Sequence[int]) -> str:
    """Sorted whole numbers as spans: ``0–4, 10``."""
    if not numbers:
        return ""
    starts = [numbers[0]] + [b for a, b in pairwise(numbers) if b != a + 1]
    ends = [a for a, b in pairwise(numbers) if b != a + 1] + [numbers[-1]]
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in zip(starts, ends, strict=True))


def moment(when: datetime | None) -> str:
    """To the minute, UTC."""
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else ""


def _raised(exponent: int) -> str:
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
