"""The checklist: every claim that was to be judged, what came of it, and what was measured."""

from __future__ import annotations

import json
import math
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from grokspec.claims import Claim
from grokspec.effects import Effect, effects_of
from grokspec.errors import GrokspecError
from grokspec.findings import Finding, Verdict
from grokspec.store.durable import explained, write_whole

PREFIX = "grokspec."
"""Before the name of every test property that carries a part of the checklist."""

DISCOVERY_RATE = 0.05
"""Of the claims that a checklist calls supported, the share that chance alone may account for."""

Colour = Literal["green", "red", "yellow"]
Line = tuple[str, Colour | None]
"""A line of the terminal's report, and its colour if it has one."""

SYMBOLS = {
    Verdict.SUPPORTED: "✓",
    Verdict.REFUTED: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.NOT_RUN: "–",
}
"""A verdict in one character."""


@dataclass(frozen=True)
class Row:
    """One claim as one test judged it. Every field is a plain value, so that it can be sent."""

    test: str  # the test's node id
    id: str
    claim: str  # the sentence
    source: str
    spec: list[str]
    control: list[str]
    counter: list[str]
    headline: bool | str  # True, or the statement that the claim bears on
    recorded: str
    verdict: str = Verdict.NOT_RUN.value
    statement: str = "not reached"
    measured: float | None = None
    unit: str = ""
    n: int | None = None
    interval: list[float] | None = None
    p: float | None = None
    q: float | None = None  # p adjusted for the number of claims judged
    effects: list[dict[str, Any]] = field(default_factory=list)  # each as `Effect.as_plain`

    @classmethod
    def of(cls, claim: Claim, test: str, finding: Finding | None = None) -> Row:
        """The row of a claim: with what it rests on, or else NOT RUN."""
        row = cls(
            test=test,
            id=claim.id,
            claim=claim.sentence,
            source=claim.source,
            spec=list(claim.specs),
            control=[str(control) for control in claim.controls],
            counter=[str(counter) for counter in claim.counters],
            headline=claim.headline,
            recorded=claim.recorded,
        )
        if finding is None:
            return row
        return replace(
            row,
            verdict=finding.verdict.value,
            statement=finding.statement,
            measured=finding.measured,
            unit=finding.unit,
            n=finding.n,
            interval=list(finding.interval),
            p=finding.p_value,
            effects=[effect.as_plain() for effect in effects_of(finding.evidence)],
        )

    @property
    def turned(self) -> bool:
        """Whether a verdict was reached that is not the one on record."""
        return self.verdict not in (self.recorded, Verdict.NOT_RUN.value)

    def properties(self) -> list[tuple[str, object]]:
        """The row as test properties, which JUnit files keep and pytest-xdist brings home."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return [(PREFIX + name, value) for name, value in values.items() if value is not None]


@dataclass(frozen=True)
class Trial:
    """How a claim fared on an experiment that must turn it."""

    test: str  # node id of the claim
    control: str
    recorded: str  # the verdict that was to turn
    verdict: str  # NOT RUN if the control itself broke

    @property
    def kind(self) -> str:
        """What such an experiment is called."""
        return "control" if self.recorded == Verdict.SUPPORTED.value else "counter-experiment"

    @property
    def toothless(self) -> bool:
        """Whether the claim was supported where it must not be, or never is."""
        reached = self.verdict != Verdict.NOT_RUN.value
        return reached and not turns(Verdict(self.recorded), Verdict(self.verdict))

    @property
    def outcome(self) -> str:
        """In one word."""
        if self.toothless:
            return "toothless"
        return "not run" if self.verdict == Verdict.NOT_RUN.value else "bites"

    def properties(self) -> list[tuple[str, object]]:
        """The trial as test properties."""
        return [(f"{PREFIX}trial.{f.name}", getattr(self, f.name)) for f in fields(self)]


def turns(recorded: Verdict, verdict: Verdict) -> bool:
    """Whether a control did what it must: a supported claim falls, any other is supported."""
    return (verdict is Verdict.SUPPORTED) != (recorded is Verdict.SUPPORTED)


class Checklist:
    """Rows in the order in which they are to be read, whatever order they came in."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}
        self._trials: dict[tuple[str, str], Trial] = {}

    def expect(self, rows: Iterable[Row]) -> None:
        """Enter claims that are to be judged; they are NOT RUN until something else is heard."""
        for row in rows:
            self._rows.setdefault(row.test, row)

    def hear(self, properties: Sequence[tuple[str, Any]]) -> None:
        """Enter what a test's properties tell, if they tell anything."""
        told = {name.removeprefix(PREFIX): v for name, v in properties if name.startswith(PREFIX)}
        trial = {n.removeprefix("trial."): v for n, v in told.items() if n.startswith("trial.")}
        if trial:
            self._trials[trial["test"], trial["control"]] = Trial(**trial)
        elif told:
            self._rows[told["test"]] = Row(**told)

    @classmethod
    def read(cls, path: Path) -> Checklist:
        """Read what `write` wrote. Raises a GrokspecError if the file is not a checklist."""
        try:
            objects = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(objects, list):
                raise TypeError("no JSON list")
            read = cls()
            for told in objects:
                trials = told.pop("controls")
                row = _row(told)
                read.expect([row])
                for t in trials:
                    t = Trial(row.test, t["control"], row.recorded, t["verdict"])
                    read._trials[t.test, t.control] = t
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise GrokspecError(
                f"{path} is not a checklist that could be read ({error or type(error).__name__}); "
                "`pytest claims/ --checklist FILE` writes one"
            ) from None
        return read

    def rows(self) -> list[Row]:
        """All rows, headline claims first, then by id; with p-values adjusted for their number."""
        from grokspec.statistics import false_discovery

        ordered = sorted(self._rows.values(), key=lambda row: (not row.headline, natural(row.id)))
        adjusted = false_discovery([row.p for row in ordered])
        return [replace(row, q=q) for row, q in zip(ordered, adjusted, strict=True)]

    def trials(self, row: Row) -> list[Trial]:
        """How the controls of a claim came out, as far as they were run."""
        return [trial for trial in self._trials.values() if trial.test == row.test]

    def __bool__(self) -> bool:
        return bool(self._rows)

    def lines(self, width: int) -> list[Line]:
        """The checklist for a terminal of so many columns."""
        rows = self.rows()
        lines: list[Line] = []
        for row in rows:
            lines += _lines_of(row, self.trials(row), rows, width)
        return [*lines, ("", None), *self.summary(rows)]

    def summary(self, rows: Sequence[Row]) -> list[Line]:
        """How many claims there are of each verdict, and which turned or have no teeth."""
        counts = Counter(row.verdict for row in rows)
        told = ", ".join(f"{counts[v.value]} {v.value}" for v in Verdict if counts[v.value])
        lines: list[Line] = [(f"{_plural(len(rows), 'claim')}: {told}", None)]
        if any(row.p is not None for row in rows):
            lines.append(("p: exact sign test; q: p adjusted for the number of claims", None))
            lines.append(_discoveries(rows))
        if turned := _ids(row for row in rows if row.turned):
            lines.append((f"turned from the verdict on record: {turned}", "red"))
        elif not counts[Verdict.NOT_RUN.value]:
            lines.append(("every verdict is the one on record", "green"))
        if toothless := _ids(row for row in rows if any(t.toothless for t in self.trials(row))):
            lines.append((f"toothless, for a control does not turn them: {toothless}", "red"))
        return lines

    def as_json(self) -> str:
        """A JSON list, one object a claim. Infinities and NaN are the strings inf, -inf, nan."""
        objects = [self._object(row) for row in self.rows()]
        return json.dumps(objects, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def write(self, path: Path) -> None:
        """Write the JSON list; the file is there whole or not at all. Or a GrokspecError."""
        with explained("the checklist could not be written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, self.as_json().encode())

    def _object(self, row: Row) -> dict[str, object]:
        values = {field.name: getattr(row, field.name) for field in fields(row)}
        return {
            **{name: _strict(value) for name, value in values.items()},
            "spec": _one_or_more(row.spec),
            "control": _one_or_more(row.control),
            "counter": _one_or_more(row.counter),
            "turned": row.turned,
            "controls": [
                {"control": t.control, "verdict": t.verdict, "outcome": t.outcome}
                for t in self.trials(row)
            ],
        }


def _row(told: dict[str, Any]) -> Row:
    """The row of an object as `Checklist.as_json` makes it."""
    names = {field.name for field in fields(Row)}
    values = {name: value for name, value in told.items() if name in names}
    for name in ("spec", "control", "counter"):
        value = values.get(name)
        values[name] = [value] if isinstance(value, str) else list(value or ())
    for name in ("measured", "p", "q"):
        values[name] = _number(values.get(name))
    if values.get("interval") is not None:
        values["interval"] = [_number(end) for end in values["interval"]]
    values["effects"] = [Effect.from_plain(e).as_plain() for e in values.get("effects", ())]
    Verdict(values["verdict"]), Verdict(values["recorded"])
    return Row(**values)


def _number(value: Any) -> float | None:
    """A number as JSON has it, where infinities and NaN are strings."""
    return None if value is None else float(value)


def _discoveries(rows: Sequence[Row]) -> Line:
    """Whether the supported claims remain so for their number (Benjamini and Hochberg, 1995)."""
    doubtful = _ids(
        row
        for row in rows
        if row.verdict == Verdict.SUPPORTED.value and row.q is not None and row.q > DISCOVERY_RATE
    )
    rate = f"a false discovery rate of {DISCOVERY_RATE:.0%}"
    if doubtful:
        return f"supported, but not at {rate}: {doubtful}", "yellow"
    return f"what is supported is so at {rate}", None


def _lines_of(row: Row, trials: Sequence[Trial], rows: Sequence[Row], width: int) -> list[Line]:
    verdict = Verdict(row.verdict)
    word_width = max(len(Verdict(i.verdict).word) for i in rows)
    id_width = max(len(i.id) for i in rows)
    margin = 2 + word_width + 2 + id_width + 2
    head = f"{SYMBOLS[verdict]} {verdict.word:{word_width}}  {row.id:{id_width}}  "
    told = [f"{row.claim} ({row.source})"]
    if row.turned:
        told.append(f"TURNED: on record {Verdict(row.recorded).word}")
    told.append(row.statement + _chances(row))
    told += [f"{t.kind}, {t.control}: {_fared(t)}" for t in trials]
    lines = [line for text in told for line in _wrapped(text, width - margin)]
    lines = [head + lines[0], *(" " * margin + line for line in lines[1:])]
    return [(line, _colour(row, trials)) for line in lines]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 30), subsequent_indent="  ") or [""]


def _chances(row: Row) -> str:
    if row.p is None or row.q is None:
        return ""
    return f" (p = {row.p:.2g}, q = {row.q:.2g})"


def _fared(trial: Trial) -> str:
    if trial.outcome == "not run":
        return "not run"
    return f"{'TOOTHLESS, ' if trial.toothless else ''}the claim is then {trial.verdict}"


def _colour(row: Row, trials: Sequence[Trial]) -> Colour | None:
    if row.turned or row.verdict == Verdict.NOT_RUN.value or any(t.toothless for t in trials):
        return "red"
    return "green" if row.verdict == Verdict.SUPPORTED.value else "yellow"


def _ids(rows: Iterable[Row]) -> str:
    return ", ".join(dict.fromkeys(row.id for row in rows))


def natural(text: str) -> list[tuple[bool, int, str]]:
    """Sort key by which P2 comes before P10."""
    parts = re.findall(r"\d+|\D+", text)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]


def _strict(value: object) -> object:
    if isinstance(value, dict):
        return {name: _strict(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_strict(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _one_or_more(values: Sequence[str]) -> object:
    if not values:
        return None
    return values[0] if len(values) == 1 else list(values)


def _plural(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
