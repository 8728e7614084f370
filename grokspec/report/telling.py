"""Numbers, times and words as every form of the report tells them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from grokspec.checklist import Row, Trial
from grokspec.findings import Verdict
from grokspec.report.contents import Judgement, Report, tally


def number(value: float | None) -> str:
    """Three digits, with a true minus sign; ``∞`` for what never happened."""
    if value is None or math.isnan(value):
        return "not known"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    shown = f"{value:.3g}"
    if "e" in shown:
        mantissa, exponent = shown.split("e")
        shown = f"{mantissa}×10{_raised(int(exponent))}"
    return shown.replace("-", "−")


def interval(row: Row) -> str:
    """``[0.2, 0.4]``, or nothing where there is none."""
    if row.interval is None:
        return ""
    return f"[{number(row.interval[0])}, {number(row.interval[1])}]"


def effect(row: Row) -> str:
    """What was measured with its unit and where it lies; nothing if the claim was not run."""
    if row.measured is None:
        return ""
    told = (number(row.measured), row.unit, interval(row))
    return " ".join(part for part in told if part)


def chances(row: Row) -> str:
    """The p-value and the one adjusted for the number of claims, where there is any."""
    if row.p is None or row.q is None:
        return ""
    return f"p = {number(row.p)}, q = {number(row.q)}"


def record(row: Row) -> str:
    """How the verdict stands to the one on record."""
    if row.turned:
        return f"turned: {row.recorded} on record"
    return "as on record" if row.verdict == row.recorded else f"{row.recorded} on record"


def fared(trial: Trial) -> str:
    """How a claim fared under control."""
    if trial.outcome == "not run":
        return "not run"
    return f"{'toothless: ' if trial.toothless else ''}then {trial.verdict}"


def fellows(judgements: Iterable[Judgement]) -> str:
    """``3 supported, 1 refuted``."""
    return ", ".join(f"{count} {verdict.value}" for verdict, count in tally(judgements))


def teeth(report: Report) -> str:
    """How the controls came out, in a sentence; empty if none was run."""
    run = [trial for trial in report.trials if trial.outcome != "not run"]
    if not run:
        return ""
    biting = sum(not trial.toothless for trial in run)
    tested = len({trial.test for trial in run})
    turned = "all" if biting == len(run) else f"{biting}"
    return (
        f"{plural(tested, 'claim was', 'claims were')} also judged on {len(run)} experiments that "
        f"must turn the verdict: {turned} did."
    )


def standing(report: Report) -> str:
    """Whether the verdicts are those on record, and which claims have none."""
    told = []
    if turned := report.turned:
        ids = ", ".join(dict.fromkeys(one.row.id for one in turned))
        told.append(f"Not the verdict on record: {ids}.")
    if idle := sum(one.verdict is Verdict.NOT_RUN for one in report.judgements):
        told.append(
            f"{plural(idle, 'claim was', 'claims were')} not run; each says why. Where results are "
            f"missing, pytest {report.claims} trains them."
        )
    return " ".join(told) or "Every verdict is the one on record."


def plural(count: int, one: str, many: str) -> str:
    """``1 claim``, ``2 claims``."""
    return f"{count} {one if count == 1 else many}"


def spans(numbers: Sequence[int]) -> str:
    """Whole numbers in order as spans: ``0–4, 10``."""
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
