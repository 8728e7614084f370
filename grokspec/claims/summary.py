"""The checklist on the terminal: a few lines for each claim, and a summary below."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal

from grokspec.claims.packs import Pack, in_packs
from grokspec.claims.record import JudgedClaim, VerdictElsewhere
from grokspec.claims.replications import in_words_of_replication, seeds_in_words
from grokspec.claims.verdict_files import Kept
from grokspec.errors import visible
from grokspec.formatting import count, number, shown_path
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
    found: list[Line] = []
    for pack, own in groupby(records, key=lambda record: record.pack):
        found += _heading(pack, found)
        found += [line for record in own for line in _lines_of(record, words, ids, width)]
    return [(visible(line), color) for line, color in [*found, ("", None), *summary(records)]]


def _heading(pack: Pack | None, above: Sequence[Line]) -> list[Line]:
    """The name of a pack, below an empty line if there is something above it."""
    if pack is None:
        return []
    return [*([("", None)] if above else []), (pack.title, None)]


def summary(records: Sequence[JudgedClaim]) -> list[Line]:
    """How many claims there are of each verdict, and which are unexpected or insensitive."""
    counts = Counter(record.verdict for record in records)
    verdicts = ", ".join(f"{counts[v]} {v.value}" for v in Verdict if counts[v])
    found: list[Line] = [(f"{count(len(records), 'claim')}: {verdicts}", None)]
    if any(record.p is not None for record in records):
        found.append(("p: exact sign test; q: p adjusted for the number of claims", None))
        found += _discoveries(records)
    found += _of_profile(records)
    found += _of_replications(records)
    surprising = [record for record in records if record.unexpected]
    if unexpected := ids_in_words(record for record in surprising if not record.is_replicated):
        found.append((f"not the expected verdict: {unexpected}", "red"))
    elif not surprising and not counts[Verdict.NOT_RUN]:
        found.append(("every verdict is the expected one", "green"))
    if insensitive := ids_in_words(record for record in records if record.insensitive):
        found.append(
            (f"insensitive, since a control does not change the verdict: {insensitive}", "red")
        )
    if idle := ids_in_words(record for record in records if record.has_idle_control):
        found.append((f"with a control that changes nothing and so shows nothing: {idle}", "red"))
    if untrained := ids_in_words(record for record in records if record.has_untrained_control):
        found.append(
            (f"with a control that trains, which recorded results cannot: {untrained}", "yellow")
        )
    return found


def _of_profile(records: Sequence[JudgedClaim]) -> list[Line]:
    """Which claims have no verdict at their profile yet, or one of before they changed."""
    found: list[Line] = []
    for profile in dict.fromkeys(record.profile for record in records):
        own = [record for record in records if record.profile == profile]
        unjudged = [record for record in own if record.is_unjudged]
        if unjudged:
            which = ids_in_words(unjudged) if len(unjudged) < len(own) else "all of them"
            yet = f"not judged at {profile} yet, so that the code's verdict is expected: {which}"
            found.append((yet, "yellow"))
        if changed := ids_in_words(record for record in own if record.changed):
            found.append((f"judged at {profile} before the claim changed: {changed}", "yellow"))
    if untested := ids_in_words(record for record in records if record.lacks_control):
        found.append((f"supported, with no control that is to refute it: {untested}", "yellow"))
    names = dict.fromkeys(other.profile for record in records for other in record.elsewhere)
    for profile in names:
        differing = (r for r in records if any(o.profile == profile for o in r.otherwise))
        if ids := ids_in_words(differing):
            found.append((f"another verdict at {profile}: {ids}", None))
    return found


def _of_replications(records: Sequence[JudgedClaim]) -> list[Line]:
    """How many claims repeat on fresh seeds, now or in the replications that were kept."""
    judged = [r for r in records if r.is_replicated and r.verdict is not Verdict.NOT_RUN]
    found: list[Line] = []
    if judged:
        others = [record for record in judged if record.unexpected]
        where, repeating = seeds_in_words(judged[0].seeds_moved_by), len(judged) - len(others)
        found.append((f"on {where}: {repeating} of {count(len(judged), 'claim')} repeat", None))
        if others:
            which = ", ".join(
                f"{r.full_id} ({r.verdict.word}, not {r.expected.word})" for r in others
            )
            found.append((f"do not repeat: {which}", "red"))
    if without := [r for r in records if r.seeds_moved_by and not r.is_replicated]:
        fixed = f"{count(len(without), 'claim')} on theory or recorded results: no fresh seeds"
        found.append((fixed, None))
    return found + _of_all_replications(records)


def _of_all_replications(records: Iterable[JudgedClaim]) -> list[Line]:
    """How often claims repeated, if there was another replication than this one."""
    found: list[Line] = []
    often = [(record, *record.repeated) for record in records]
    often = [(record, times, of) for record, times, of in often if of > record.is_replicated]
    if always := sum(times == of for _, times, of in often):
        found.append((f"repeated on fresh seeds each time: {count(always, 'claim')}", None))
    if some := [f"{record.full_id} ({times} of {of})" for record, times, of in often if times < of]:
        found.append((f"not each time: {', '.join(some)}", "yellow"))
    return found


def _discoveries(records: Sequence[JudgedClaim]) -> list[Line]:
    """Whether the supported claims remain so after correction (Benjamini and Hochberg, 1995)."""
    supported = [r for r in records if r.verdict is Verdict.SUPPORTED and r.q is not None]
    if not supported:
        return []
    rate = f"a false discovery rate of {DISCOVERY_RATE:.0%}"
    if doubtful := ids_in_words(r for r in supported if r.q is not None and r.q > DISCOVERY_RATE):
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
    replicated = [words] if (words := in_words_of_replication(record)) else []
    surprise = replicated if record.is_replicated else [*surprise, *replicated]
    sentence, found = f"{record.sentence} ({record.source})", record.statement + _p_and_q(record)
    note = [note] if record.changed and (note := profile_note(record)) else []
    others = map(in_words, record.otherwise)
    return [sentence, *surprise, *note, found, *others, *record.controls_in_words]


def profile_note(record: JudgedClaim) -> str:
    """What is to be known of the expected verdict at another profile than the default one."""
    if record.is_unjudged:
        return f"not judged at {record.profile} yet: the verdict in the code is expected"
    return f"judged at {record.profile} {before(record.changed)}" if record.changed else ""


def in_words(other: VerdictElsewhere) -> str:
    """The verdict at another profile, with its number."""
    number = f": {measured}" if (measured := measured_in_words(other)) else ""
    changed = f" (judged {before(other.changed)})" if other.changed else ""
    return f"{other}{number}{changed}"


def measured_in_words(other: VerdictElsewhere) -> str:
    """What was measured at another profile; empty if that is not known."""
    if other.measured is None:
        return ""
    interval = other.interval and f"in [{number(other.interval[0])}, {number(other.interval[1])}]"
    over = f"over {other.n}" if other.n is not None else ""
    return " ".join(filter(None, [number(other.measured), other.unit, interval, over]))


def before(changes: Sequence[str]) -> str:
    """Before what of a claim has changed: "before its sentence changed"."""
    return f"before {' and '.join(changes)} changed"


def lines_of_kept(kept: Kept) -> list[Line]:
    """What changed in a file of verdicts."""
    renewed = f"{kept.renewed} with the same verdict and other numbers or another claim"
    parts = [
        (len(kept.new), f"{len(kept.new)} for the first time"),
        (len(kept.turned), f"{len(kept.turned)} with another verdict"),
        (kept.renewed, renewed),
        (kept.same, f"{kept.same} as before"),
        (len(kept.gone), f"{len(kept.gone)} removed, as their tests are gone"),
    ]
    what = ", ".join(words for number, words in parts if number) or "no claim was judged"
    found: list[Line] = [(f"{shown_path(kept.path)}: {what}", None)]
    found += [
        (f"  {now.id}  {now.test}: {old.verdict.word} → {now.verdict.word}", "yellow")
        for old, now in kept.turned
    ]
    return [(visible(line), color) for line, color in found]


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


def ids_in_words(records: Iterable[JudgedClaim]) -> str:
    """Each id once, below its pack: "P01, P02" or "kumar2024 P01, P02; levi2023 V03"."""
    return in_packs((record.pack.key if record.pack else "", record.id) for record in records)
