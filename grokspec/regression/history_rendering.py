"""A history in words, as Markdown, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator

from grokspec.formatting import count, in_markdown, markdown_row, number
from grokspec.regression.history import Change, ClaimHistory, History, Kind, Point
from grokspec.statistics.evidence import Effect
from grokspec.statistics.verdict import Verdict

ABSENT = "·"
"""In the place of a claim that a side does not have."""

KINDS: dict[Kind, str] = {
    "verdict": "by verdict",
    "effect": "by effect",
    "new": "new",
    "gone": "gone",
}
"""How claims changed on a side."""

COLUMNS = (
    "side",
    "day",
    "subject",
    "pack",
    "id",
    "test",
    "verdict",
    "expected",
    "quantity",
    "place",
    "unit",
    "measured",
    "low",
    "high",
    "above",
    "below",
    "changed",
)
"""Of the CSV: a row for each claim on each side. The claim says that what was measured lies between
``above`` and ``below``; an infinite number is no bound."""


def headline(history: History) -> str:
    """How much changed, in one line."""
    changed = f"{history.total_changed:,} changed" if history.total_changed else "none changed"
    return f"{count(history.total, 'claim')} on {count(len(history.sides), 'side')}: {changed}"


def key() -> str:
    """What the signs mean."""
    signs = [f"{verdict.symbol} {verdict.value}" for verdict in Verdict]
    return "  ".join([*signs, f"{ABSENT} not there"])


def what_changed(history: History, claim: ClaimHistory) -> str:
    """The last change of a claim: where, and from what to what; empty if there is none."""
    change = claim.last_change
    return f"{history.sides[change.side].name}: {in_words(claim, change)}" if change else ""


def in_words(claim: ClaimHistory, change: Change) -> str:
    """A change of a claim: "supported → refuted, 1 effect moved"."""
    words = []
    for kind in change.kinds:
        if kind == "verdict":
            words.append(_from_to(claim, change.side))
        elif kind == "effect":
            words.append(f"{count(len(change.effects), 'effect')} moved")
        else:
            words.append(kind)
    return ", ".join(words)


def numbers(effect: Effect | None) -> str:
    """The median of an effect with its interval; empty if there is none.

    It has as many digits as in a comparison of two checklists, so that it shows what moved.
    """
    if effect is None:
        return ""
    median = number(effect.measured, 4)
    if effect.interval is None:
        return median
    low, high = (number(end, 4) for end in effect.interval)
    return f"{median} [{low}, {high}]"


def cell(point: Point | None) -> str:
    """A claim on one side: the sign of its verdict, and what was measured."""
    if point is None:
        return ABSENT
    return f"{point.verdict.symbol} {numbers(point.effect)}".rstrip()


def measured(claim: ClaimHistory) -> str:
    """What the numbers of a claim are, with the unit in brackets; empty if there are none."""
    return claim.effect_name + (f" ({claim.unit})" if claim.unit else "")


def at_each_side(history: History) -> list[tuple[str, str, str, str, str]]:
    """Name, day and subject of each side, its claims by verdict, and the changes shown."""
    return [
        (side.name, side.day, side.subject, _tally(history, at), _changes_at(history, at))
        for at, side in enumerate(history.sides)
    ]


def history_as_markdown(history: History) -> str:
    """The tables of claims and of sides; texts are escaped, and what changed is bold."""
    names = [in_markdown(side.name) for side in history.sides]
    lines = [f"### {in_markdown(headline(history))}", ""]
    if history.claims:
        lines += _table(["claim", "last changed", "measured", *names], _claim_rows(history))
        lines += [f"{in_markdown(key())}; **bold**: changed there", ""]
    rows = [list(map(in_markdown, row)) for row in at_each_side(history)]
    return "\n".join([*lines, *_table(["side", "day", "commit", "claims", "changes"], rows)])


def history_as_json(history: History) -> str:
    """A `History` as JSON; infinities and NaN are strings."""
    return history.model_dump_json(indent=2) + "\n"


def history_as_csv(history: History) -> str:
    """A row for each claim on each side that has it; see `COLUMNS`."""
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(row for claim in history.claims for row in _csv_rows(history, claim))
    return file.getvalue()


def _from_to(claim: ClaimHistory, side: int) -> str:
    before, after = claim.points[side - 1], claim.points[side]
    return " → ".join(point.verdict.value for point in (before, after) if point)


def _tally(history: History, at: int) -> str:
    """How many claims, whether shown or not, have which verdict on a side."""
    counts = history.sides[at].verdicts
    return ", ".join(f"{counts[v]} {v.value}" for v in Verdict if counts.get(v)) or "none"


def _changes_at(history: History, at: int) -> str:
    kinds = Counter(
        kind
        for claim in history.claims
        for change in claim.changes
        if change.side == at
        for kind in change.kinds
    )
    return ", ".join(f"{kinds[kind]:,} {what}" for kind, what in KINDS.items() if kinds[kind])


def _table(columns: list[str], rows: list[list[str]]) -> list[str]:
    head = [markdown_row(columns), markdown_row("---" for _ in columns)]
    return [*head, *map(markdown_row, rows), ""]


def _claim_rows(history: History) -> list[list[str]]:
    return [
        [
            in_markdown(f"{claim.full_id} {claim.sentence}"),
            in_markdown(what_changed(history, claim)),
            in_markdown(measured(claim)),
            *(_markdown_cell(claim, at) for at in range(len(history.sides))),
        ]
        for claim in history.claims
    ]


def _markdown_cell(claim: ClaimHistory, at: int) -> str:
    point = claim.points[at]
    text = in_markdown(cell(point))
    text = f"**{text}**" if claim.changed_at(at) else text
    return f"{text} unexpected" if point and point.is_unexpected else text


def _csv_rows(history: History, claim: ClaimHistory) -> Iterator[tuple[object, ...]]:
    for at, (side, point) in enumerate(zip(history.sides, claim.points, strict=True)):
        changed = " ".join(k for c in claim.changes if c.side == at for k in c.kinds)
        about = (side.name, side.day, side.subject, claim.pack, claim.id, claim.test)
        if point is None:
            yield (*about, "", "", *[""] * 8, changed)
        else:
            verdicts = (point.verdict.value, point.expected.value)
            yield (*about, *verdicts, *_csv_effect(point.effect), changed)


def _csv_effect(effect: Effect | None) -> tuple[object, ...]:
    if effect is None:
        return ("",) * 8
    ends = (*(effect.interval or ("", "")), *(effect.bounds or ("", "")))
    return effect.quantity, effect.place, effect.unit, effect.measured, *ends
