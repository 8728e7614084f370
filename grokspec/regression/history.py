"""The claims of several checklists in order: what each was on each side, and where it changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import Field

from grokspec.claims.checklist import in_reading_order
from grokspec.claims.record import JudgedClaim, Record
from grokspec.errors import GrokspecError, suggestion
from grokspec.regression.changes import has_moved
from grokspec.regression.pairing import Name, effects_by_name, pairs_of_claims
from grokspec.statistics.evidence import Effect
from grokspec.statistics.verdict import Verdict

Kind = Literal["new", "gone", "verdict", "effect"]
"""How a claim changed; "effect": one of its effects moved beyond its interval."""


class HistorySide(Record):
    """One side: a checklist, a store or a state in git."""

    name: str
    day: str = ""
    """The day of the commit, as 2026-11-30; empty for what is in no commit."""
    subject: str = ""
    """The first line of the commit's message."""
    verdicts: dict[Verdict, int] = Field(default_factory=dict)
    """How many of all claims have each verdict."""


class Change(Record):
    """What changed of a claim from the side before."""

    side: int
    """The first side, counted from 0, that is as it is after the change."""
    kinds: tuple[Kind, ...]
    effects: tuple[str, ...] = ()
    """The quantities, with their places, that moved."""


class Point(Record):
    """A claim on one side."""

    verdict: Verdict
    expected: Verdict
    statement: str
    effect: Effect | None
    """What is shown of it: the same quantity on all sides that have it."""

    @property
    def is_unexpected(self) -> bool:
        """Whether there is a verdict and it is not the expected one."""
        return self.verdict not in (self.expected, Verdict.NOT_RUN)


class ClaimHistory(Record):
    """A claim on all sides."""

    test: str
    """The node id of its test, as on the last side that has it; so is all up to its source."""
    pack: str = ""
    """The key of its pack, if it is of one."""
    id: str
    sentence: str
    source: str
    points: tuple[Point | None, ...]
    """One a side; None where the claim is not there."""
    changes: tuple[Change, ...]
    """In the order of the sides."""

    @property
    def full_id(self) -> str:
        """Its id below its pack: "kumar2024 P01"."""
        return f"{self.pack} {self.id}".lstrip()

    @property
    def last_change(self) -> Change | None:
        """The last of its changes; None if it is on all sides alike."""
        return self.changes[-1] if self.changes else None

    def changed_at(self, side: int) -> bool:
        """Whether it is not as on the side before."""
        return any(change.side == side for change in self.changes)

    @property
    def effect_name(self) -> str:
        """The quantity that its points show, with its place; empty if it has none."""
        return next((name_of(p.effect) for p in self.points if p and p.effect), "")

    @property
    def unit(self) -> str:
        """The unit of that quantity."""
        return next((p.effect.unit for p in self.points if p and p.effect), "")


class History(Record):
    """What became of claims over several sides."""

    sides: tuple[HistorySide, ...]
    claims: tuple[ClaimHistory, ...]
    total: int
    """How many claims there are, whether or not they are among `claims`."""
    total_changed: int
    """How many of all claims changed."""


def history_of(sides: Sequence[tuple[HistorySide, Sequence[JudgedClaim]]]) -> History:
    """Follow each claim over checklists, in their order.

    NOT RUN is a verdict, as it is in `compare`. An effect has moved if it has from the side before,
    or from where it was when it last moved, so that it cannot drift away in small steps.
    """
    followed: list[_Followed] = []
    for at, (_, records) in enumerate(sides):
        by_test = {each.latest.test: each for each in followed}
        pairs = pairs_of_claims([each.latest for each in followed], records)
        continued = {now.test: by_test[before.test] for before, now in pairs}
        for record in records:
            one = continued.get(record.test)
            if one is None:
                followed.append(one := _Followed(record))
            one.goes_on(at, record)
        for one in followed:
            if at not in one.records:
                one.is_absent(at)
    followed.sort(key=lambda one: in_reading_order(one.latest))
    claims = tuple(one.history(len(sides)) for one in followed)
    return History(
        sides=tuple(
            side.model_copy(update={"verdicts": dict(Counter(r.verdict for r in records))})
            for side, records in sides
        ),
        claims=claims,
        total=len(claims),
        total_changed=sum(bool(claim.changes) for claim in claims),
    )


def changed_only(history: History) -> History:
    """The same history with the claims that changed."""
    return _with(history, (claim for claim in history.claims if claim.changes))


def selected(history: History, ids: Sequence[str]) -> History:
    """The same history with the claims of some ids; in an id, `*` and `?` stand for anything.

    Claims of a pack have their ids with and without its name: "kumar2024 P01" and "P01". Raises a
    GrokspecError if no claim has one of the ids.
    """
    known = {name for claim in history.claims for name in (claim.id, claim.full_id)}
    for wanted in ids:
        if not any(fnmatchcase(id, wanted) for id in known):
            raise GrokspecError(f'no claim has the id "{wanted}"; {suggestion(wanted, known)}')
    return _with(history, (claim for claim in history.claims if _is_among(claim, ids)))


def name_of(effect: Effect) -> str:
    """The quantity of an effect, with its place."""
    return f"{effect.quantity} at {effect.place}" if effect.place else effect.quantity


def _is_among(claim: ClaimHistory, ids: Sequence[str]) -> bool:
    return any(fnmatchcase(name, id) for name in (claim.id, claim.full_id) for id in ids)


def _with(history: History, claims: Iterable[ClaimHistory]) -> History:
    return history.model_copy(update={"claims": tuple(claims)})


Place = tuple[Name, int, int]
"""An effect of a claim: its name, which of those of this name it is, and of how many."""


@dataclass
class _Followed:
    """A claim while it is followed from side to side."""

    latest: JudgedClaim
    records: dict[int, JudgedClaim] = field(default_factory=dict)
    """By side."""
    changes: list[Change] = field(default_factory=list)
    before: dict[Place, Effect] = field(default_factory=dict)
    """Each effect as on the last side that had it."""
    settled: dict[Place, Effect] = field(default_factory=dict)
    """Each effect as where it last moved."""
    moved: list[Place] = field(default_factory=list)
    """The effects that moved in the last change, if any did."""

    def goes_on(self, at: int, record: JudgedClaim) -> None:
        """Note the record of a side."""
        kinds: list[Kind] = []
        if at - 1 not in self.records and at > 0:
            kinds.append("new")
        elif at > 0 and record.verdict is not self.latest.verdict:
            kinds.append("verdict")
        effects = _effects(record)
        moved = [place for place, effect in effects.items() if self._has_moved(place, effect)]
        if moved:
            kinds.append("effect")
        if kinds:
            self.moved = moved
            names = tuple(name_of(effects[place]) for place in moved)
            self.changes.append(Change(side=at, kinds=tuple(kinds), effects=names))
        for place, effect in effects.items():
            self.before[place] = effect
            if place in moved or place not in self.settled:
                self.settled[place] = effect
        self.latest = self.records[at] = record

    def is_absent(self, at: int) -> None:
        """Note that a side does not have it."""
        if at - 1 in self.records:
            self.moved = []
            self.changes.append(Change(side=at, kinds=("gone",)))

    def history(self, sides: int) -> ClaimHistory:
        """All of it, with the effect that says most."""
        shown = self._most_telling()
        return ClaimHistory(
            test=self.latest.test,
            pack=self.latest.pack.key if self.latest.pack else "",
            id=self.latest.id,
            sentence=self.latest.sentence,
            source=self.latest.source,
            points=tuple(self._point(at, shown) for at in range(sides)),
            changes=tuple(self.changes),
        )

    def _has_moved(self, place: Place, effect: Effect) -> bool:
        earlier = (self.settled.get(place), self.before.get(place))
        return any(one is not None and has_moved(one, effect) for one in earlier)

    def _most_telling(self) -> Place | None:
        """Of those that moved in the last change, or else of all: the one that decides."""
        for record in reversed(self.records.values()):
            if effects := _effects(record):
                places = [place for place in effects if place in self.moved] or list(effects)
                deciding = [p for p in places if effects[p].measured == record.measured]
                exactly = [p for p in deciding if effects[p].interval == record.interval]
                return (exactly or deciding or places)[0]
        return None

    def _point(self, at: int, shown: Place | None) -> Point | None:
        record = self.records.get(at)
        if record is None:
            return None
        return Point(
            verdict=record.verdict,
            expected=record.expected,
            statement=record.statement,
            effect=None if shown is None else _effects(record).get(shown),
        )


def _effects(record: JudgedClaim) -> dict[Place, Effect]:
    return {
        (name, i, len(effects)): effect
        for name, effects in effects_by_name(record).items()
        for i, effect in enumerate(effects)
    }
