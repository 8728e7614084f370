"""What changed, for people and for programs: tables, Markdown for a pull request, and JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from grokspec.checklist import Row
from grokspec.comparison.changes import Changes, Move, Turn
from grokspec.effects import Effect
from grokspec.findings import Verdict

MARKED = re.compile(r"([\\`*_{}\[\]<>|#~@&])")
"""What Markdown, as pull requests have it, would take for something else than text."""


@dataclass(frozen=True)
class Told:
    """A part of what changed, as a table."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    is_bad: bool = False  # whether the exit code is 1 for it


def headline(changes: Changes) -> str:
    """In one line, whether it got worse, and in what."""
    bad = [
        (len(changes.lost), "claim lost", "claims lost"),
        (len(changes.turned), "claim turned", "claims turned"),
        (len(changes.moved), "effect moved", "effects moved"),
    ]
    found = [f"{n} {one if n == 1 else many}" for n, one, many in bad if n]
    return (
        f"regression: {', '.join(found)}" if found else "no claim lost or turned, no effect moved"
    )


def summary(changes: Changes) -> str:
    """How much was compared, and what of it is as it was."""
    effects = changes.same + changes.within + len(changes.moved)
    return (
        f"{_counted(changes.compared, 'claim')} and {_counted(effects, 'effect')} compared: "
        f"{changes.same:,} exactly as before, {changes.within:,} changed within their interval, "
        f"{len(changes.moved):,} moved beyond it"
    )


def tables(changes: Changes) -> list[Told]:
    """Everything that changed, the worst first; no table is empty."""
    turned = {turn.after.test for turn in changes.turned}
    others = [*changes.gained, *changes.changed]
    verdicts, effects = ("claim", "verdict", "now"), ("claim", "effect", "before", "after")
    claims = ("claim", "verdict")
    parts = [
        Told("Lost: supported before, and no longer", verdicts, _turns(changes.lost), True),
        Told(
            "Turned to another verdict than the one on record",
            verdicts,
            _turns(t for t in others if t.after.test in turned),
            True,
        ),
        Told(
            "Moved: each median lies outside the interval of the other",
            effects,
            _moved(changes.moved),
            True,
        ),
        Told(
            "Gained: supported now, and not before",
            verdicts,
            _turns(t for t in changes.gained if t.after.test not in turned),
        ),
        Told(
            "Changed to the verdict on record",
            verdicts,
            _turns(t for t in changes.changed if t.after.test not in turned),
        ),
        Told("New", claims, _alone(changes.new)),
        Told("Gone", claims, _alone(changes.gone)),
    ]
    return [part for part in parts if part.rows]


def as_markdown(changes: Changes, before: str, after: str) -> str:
    """The tables for a comment on a pull request; texts are escaped."""
    mark = "✗" if changes.is_regression else "✓"
    lines = [f"### {mark} {_escaped(headline(changes))}", ""]
    lines += [f"{_escaped(before)} → {_escaped(after)}. {summary(changes)}.", ""]
    for told in tables(changes):
        lines += [f"**{told.title}**", "", _row(told.columns), _row("---" for _ in told.columns)]
        lines += [_row(map(_escaped, cells)) for cells in told.rows]
        lines += [""]
    return "\n".join(lines)


def as_json(changes: Changes, before: str, after: str) -> str:
    """The same for programs. Infinities and NaN are the strings inf, -inf, nan."""
    turned = {turn.after.test for turn in changes.turned}
    told = {
        "before": before,
        "after": after,
        "regression": changes.is_regression,
        "lost": [_turn_object(turn) for turn in changes.lost],
        "gained": [_turn_object(t, t.after.test in turned) for t in changes.gained],
        "changed": [_turn_object(t, t.after.test in turned) for t in changes.changed],
        "moved": [_move_object(move) for move in changes.moved],
        "new": [_row_object(row) for row in changes.new],
        "gone": [_row_object(row) for row in changes.gone],
        "claims_compared": changes.compared,
        "effects_same": changes.same,
        "effects_within": changes.within,
    }
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _turns(turns: Iterable[Turn]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            _claim(turn.after),
            f"{_word(turn.before)} → {_word(turn.after)}",
            turn.after.statement,
        )
        for turn in turns
    )


def _moved(moves: Iterable[Move]) -> tuple[tuple[str, ...], ...]:
    """One row an effect; a claim is told in whole with the first of its own."""
    rows, test = [], ""
    for move in moves:
        claim = move.claim.id if move.claim.test == test else _claim(move.claim)
        rows.append((claim, _effect(move.after), _numbers(move.before), _numbers(move.after)))
        test = move.claim.test
    return tuple(rows)


def _alone(rows: Iterable[Row]) -> tuple[tuple[str, ...], ...]:
    return tuple((_claim(row), _word(row)) for row in rows)


def _claim(row: Row) -> str:
    return f"{row.id}  {row.claim}"


def _word(row: Row) -> str:
    return Verdict(row.verdict).word


def _effect(effect: Effect) -> str:
    return f"{effect.quantity} at {effect.place}" if effect.place else effect.quantity


def _numbers(effect: Effect) -> str:
    """The median with its interval and unit, in as many digits as tell two that moved apart."""
    low, high = effect.interval or (effect.measured, effect.measured)
    return f"{effect.measured:.4g} in [{low:.4g}, {high:.4g}] {effect.unit}".rstrip()


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    return MARKED.sub(r"\\\1", " ".join(text.split())).replace(r"\@", "@\u2060")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _turn_object(turn: Turn, turned: bool | None = None) -> dict[str, Any]:
    told = {
        **_row_object(turn.after),
        "before": {"verdict": turn.before.verdict, "statement": turn.before.statement},
        "after": {"verdict": turn.after.verdict, "statement": turn.after.statement},
    }
    return told if turned is None else {**told, "turned": turned}


def _move_object(move: Move) -> dict[str, Any]:
    return {
        **_row_object(move.claim),
        "quantity": move.after.quantity,
        "at": move.after.place,
        "unit": move.after.unit,
        "before": _measured(move.before),
        "after": _measured(move.after),
    }


def _row_object(row: Row) -> dict[str, Any]:
    return {"test": row.test, "id": row.id, "claim": row.claim, "verdict": row.verdict}


def _measured(effect: Effect) -> dict[str, Any]:
    interval: Sequence[float] = effect.interval or ()
    return {"measured": _strict(effect.measured), "interval": [_strict(end) for end in interval]}


def _strict(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)
