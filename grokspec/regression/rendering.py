"""Changes as tables, as Markdown for a pull request, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from grokspec.claims.record import JudgedClaim, Record
from grokspec.formatting import count, in_markdown, markdown_row, number
from grokspec.regression.changes import ChangedVerdict, Changes, MovedEffect
from grokspec.statistics.evidence import Effect


@dataclass(frozen=True)
class ChangesTable:
    """A table of changes of one kind."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_bad: bool = False
    """Whether `grokspec diff` exits with 1 for it."""


class ChangesFile(Record):
    """The JSON of a comparison: the names of both sides, and what changed."""

    before: str
    after: str
    changes: Changes


def headline(changes: Changes) -> str:
    """One line that says what got worse, if anything did."""
    bad = [
        (len(changes.lost), "claim lost", "claims lost"),
        (len(changes.unexpected), "unexpected verdict", "unexpected verdicts"),
        (len(changes.moved), "effect moved", "effects moved"),
    ]
    found = [f"{n} {one if n == 1 else many}" for n, one, many in bad if n]
    if found:
        return f"regression: {', '.join(found)}"
    effects = changes.same + changes.within
    moved = "no effect moved" if effects else "there is no effect to compare"
    return f"no claim lost, no verdict changed to an unexpected one, {moved}"


def summary(changes: Changes) -> str:
    """How much was compared, and how much of it changed."""
    effects = changes.same + changes.within + len(changes.moved)
    neither = f" ({changes.not_run:,} not run on either side)" if changes.not_run else ""
    return (
        f"{count(changes.compared, 'claim')}{neither} and {count(effects, 'effect')} compared: "
        f"{changes.same:,} exactly as before, {changes.within:,} changed within their interval, "
        f"{len(changes.moved):,} moved beyond it"
    )


def tables(changes: Changes) -> list[ChangesTable]:
    """All changes, the worst first; no table is empty."""
    unexpected = {change.after.test for change in changes.unexpected}
    others = [*changes.gained, *changes.changed]
    verdicts, effects = ("claim", "verdict", "now"), ("claim", "effect", "before", "after")
    claims = ("claim", "verdict")
    parts = [
        ChangesTable("Lost: supported before, and no longer", verdicts, _rows(changes.lost), True),
        ChangesTable(
            "Changed to another verdict than the expected one",
            verdicts,
            _rows(c for c in others if c.after.test in unexpected),
            True,
        ),
        ChangesTable(
            "Moved: each median lies outside the interval of the other",
            effects,
            _moved(changes.moved),
            True,
        ),
        ChangesTable(
            "Gained: supported now, and not before",
            verdicts,
            _rows(c for c in changes.gained if c.after.test not in unexpected),
        ),
        ChangesTable(
            "Changed to the expected verdict",
            verdicts,
            _rows(c for c in changes.changed if c.after.test not in unexpected),
        ),
        ChangesTable("New", claims, _alone(changes.new)),
        ChangesTable("Gone", claims, _alone(changes.gone)),
    ]
    return [part for part in parts if part.rows]


def changes_as_markdown(changes: Changes, before: str, after: str) -> str:
    """The tables for a comment on a pull request; texts are escaped."""
    mark = "✗" if changes.is_regression else "✓"
    lines = [f"### {mark} {in_markdown(headline(changes))}", ""]
    lines += [f"{in_markdown(before)} → {in_markdown(after)}. {summary(changes)}.", ""]
    for table in tables(changes):
        lines += [f"**{table.title}**", "", markdown_row(table.columns)]
        lines += [markdown_row("---" for _ in table.columns)]
        lines += [markdown_row(map(in_markdown, cells)) for cells in table.rows]
        lines += [""]
    return "\n".join(lines)


def changes_as_json(changes: Changes, before: str, after: str) -> str:
    """A `ChangesFile` as JSON; infinities and NaN are strings."""
    compared = ChangesFile(before=before, after=after, changes=changes)
    return compared.model_dump_json(indent=2) + "\n"


def _rows(changes: Iterable[ChangedVerdict]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            _claim(change.after),
            f"{change.before.verdict.word} → {change.after.verdict.word}",
            change.after.statement,
        )
        for change in changes
    )


def _moved(moved: Iterable[MovedEffect]) -> tuple[tuple[str, ...], ...]:
    """One row an effect; the sentence of a claim is in the row of its first effect only."""
    rows, test = [], ""
    for effect in moved:
        claim = effect.claim.full_id if effect.claim.test == test else _claim(effect.claim)
        row = (claim, _effect(effect.after), _numbers(effect.before), _numbers(effect.after))
        rows.append(row)
        test = effect.claim.test
    return tuple(rows)


def _alone(records: Iterable[JudgedClaim]) -> tuple[tuple[str, ...], ...]:
    return tuple((_claim(record), record.verdict.word) for record in records)


def _claim(record: JudgedClaim) -> str:
    return f"{record.full_id}  {record.sentence}"


def _effect(effect: Effect) -> str:
    return f"{effect.quantity} at {effect.place}" if effect.place else effect.quantity


def _numbers(effect: Effect) -> str:
    """The median with its interval and unit, in enough digits to show that one has moved."""
    low, high = effect.interval or (effect.measured, effect.measured)
    median, low_end, high_end = (number(value, 4) for value in (effect.measured, low, high))
    return f"{median} in [{low_end}, {high_end}] {effect.unit}".rstrip()
