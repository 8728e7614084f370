"""The checklist on the terminal: a few lines for each claim, and a summary below."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from grokspec.claims.record import JudgedClaim
from grokspec.errors import visible
from grokspec.formatting import count
from grokspec.statistics.verdict import Verdict

DISCOVERY_RATE = 0.05
"""The share of the supported claims that may be so by chance."""

Color = Literal["green", "red", "yellow"]
Line = tuple[str, Color | None]
"""A line, and its color if it has one."""


def lines(records: Sequence[JudgedClaim], width: int) -> list[Line]:
    """All records and the summary, for a terminal of ``width`` columns."""
    words = max((len(record.verdict.word) for record in records), default=0)
    ids = max((len(record.id) for record in records), default=0)
    found = [line for record in records for line in _lines_of(record, words, ids, width)]
    return [(visible(line), color) for line, color in [*found, ("", None), *summary(records)]]


def summary(records: Sequence[JudgedClaim]) -> list[Line]:
    """How many claims there are of each verdict, and which are unexpected or insensitive."""
    counts = Counter(record.verdict for record in records)
    verdicts = ", ".join(f"{counts[v]} {v.value}" for v in Verdict if counts[v])
    found: list[Line] = [(f"{count(len(records), 'claim')}: {verdicts}", None)]
    if any(record.p is not None for record in records):
        found.append(("p: exact sign test; q: p adjusted for the number of claims", None))
        found += _discoveries(records)
    if unexpected := _ids(record for record in records if record.unexpected):
        found.append((f"not the expected verdict: {unexpected}", "red"))
    elif not counts[Verdict.NOT_RUN]:
        found.append(("every verdict is the expected one", "green"))
    if insensitive := _ids(record for record in records if record.insensitive):
        found.append(
            (f"insensitive, since a control does not change the verdict: {insensitive}", "red")
        )
    if idle := _ids(record for record in records if record.has_idle_control):
        found.append((f"with a control that changes nothing and so shows nothing: {idle}", "red"))
    if untrained := _ids(record for record in records if record.has_untrained_control):
        found.append(
            (f"with a control that trains, which recorded results cannot: {untrained}", "yellow")
        )
    return found


def _discoveries(records: Sequence[JudgedClaim]) -> list[Line]:
    """Whether the supported claims remain so after correction (Benjamini and Hochberg, 1995)."""
    supported = [r for r in records if r.verdict is Verdict.SUPPORTED and r.q is not None]
    if not supported:
        return []
    rate = f"a false discovery rate of {DISCOVERY_RATE:.0%}"
    if doubtful := _ids(r for r in supported if r.q is not None and r.q > DISCOVERY_RATE):
        return [(f"supported, but not at {rate}: {doubtful}", "yellow")]
    return [(f"all supported claims hold at {rate}", None)]


def _lines_of(record: JudgedClaim, words: int, ids: int, width: int) -> list[Line]:
    """The lines of one claim, in columns for the verdict and the id."""
    margin = 2 + words + 2 + ids + 2
    head = f"{record.verdict.symbol} {record.verdict.word:{words}}  {record.id:{ids}}  "
    wrapped = [line for part in parts_of(record) for line in _wrapped(part, width - margin)]
    wrapped = [head + wrapped[0], *(" " * margin + line for line in wrapped[1:])]
    return [(line, _color(record)) for line in wrapped]


def parts_of(record: JudgedClaim) -> list[str]:
    """What is shown of a claim: its sentence, what was found, and each control that was run."""
    surprise = [f"UNEXPECTED: {record.expected.word} was expected"] if record.unexpected else []
    sentence, found = f"{record.sentence} ({record.source})", record.statement + _p_and_q(record)
    return [sentence, *surprise, found, *record.controls_in_words]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 30), subsequent_indent="  ") or [""]


def _p_and_q(record: JudgedClaim) -> str:
    if record.p is None or record.q is None:
        return ""
    return f" (p = {record.p:.2g}, q = {record.q:.2g})"


def _color(record: JudgedClaim) -> Color:
    unsound = record.insensitive or record.has_idle_control
    if record.unexpected or record.verdict is Verdict.NOT_RUN or unsound:
        return "red"
    return "green" if record.verdict is Verdict.SUPPORTED else "yellow"


def _ids(records: Iterable[JudgedClaim]) -> str:
    return ", ".join(dict.fromkeys(record.id for record in records))
