"""The verdicts that a project accepted at a profile, read as a checklist.

`claims/profiles/paper.json` has a verdict and a number for each claim, and not all that a checklist
has of it.
"""

from __future__ import annotations

from pydantic import TypeAdapter

from grokspec.claims.checklist import Checklist
from grokspec.claims.record import JudgedClaim, Record, records_in
from grokspec.statistics.evidence import Effect
from grokspec.statistics.verdict import Verdict


class AcceptedClaim(Record):
    """What is read of one claim; the file has more, for other readers."""

    test: str
    id: str
    sentence: str
    source: str
    verdict: Verdict
    measured: float | None = None
    unit: str = ""
    n: int | None = None
    interval: tuple[float, float] | None = None


class AcceptedClaims(Record):
    """What is read of the file."""

    profile: str
    claims: tuple[AcceptedClaim, ...]


FILE = TypeAdapter(AcceptedClaims)


def is_of_profile(content: bytes) -> bool:
    """Whether a file has an object, as that of a profile does; a checklist is a list."""
    return content.lstrip()[:1] == b"{"


def accepted_in(content: bytes, name: str) -> Checklist:
    """The accepted verdicts in the content of a file of this name, each as the expected one.

    Raises a GrokspecError if it has none.
    """
    found = records_in(
        content, name, FILE, "checklist or file of a profile", "pytest claims/ --checklist FILE"
    )
    return Checklist(_record(claim, found.profile) for claim in found.claims)


def _record(claim: AcceptedClaim, profile: str) -> JudgedClaim:
    return JudgedClaim(
        test=claim.test,
        id=claim.id,
        sentence=claim.sentence,
        source=claim.source,
        specs={},
        negative_controls=(),
        positive_controls=(),
        headline=False,
        expected=claim.verdict,
        verdict=claim.verdict,
        statement=f"accepted at the profile {profile}",
        measured=claim.measured,
        unit=claim.unit,
        n=claim.n,
        interval=claim.interval,
        effects=_effects(claim),
    )


def _effects(claim: AcceptedClaim) -> tuple[Effect, ...]:
    if claim.measured is None:
        return ()
    number = Effect(
        quantity="what was measured",
        place="",
        unit=claim.unit,
        measured=claim.measured,
        interval=claim.interval,
    )
    return (number,)
