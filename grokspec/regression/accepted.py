"""The verdicts that a project accepted at a profile, read as a checklist.

`claims/profiles/paper.json` has a verdict and one number for each claim, and neither its effects
nor its controls.
"""

from __future__ import annotations

from pydantic import TypeAdapter

from grokspec.claims.checklist import REMEDY, Checklist
from grokspec.claims.profiles import ProfileFile
from grokspec.claims.record import JudgedClaim, records_in
from grokspec.claims.verdict_files import KeptVerdict
from grokspec.statistics.evidence import Effect

FILE = TypeAdapter(ProfileFile)


def is_of_profile(content: bytes) -> bool:
    """Whether a file has an object, as that of a profile does; a checklist is a list."""
    return content.lstrip()[:1] == b"{"


def accepted_in(content: bytes, name: str) -> Checklist:
    """The accepted verdicts in the content of a file of this name, each as the expected one.

    Raises a GrokspecError if it has none.
    """
    what, remedy = f"checklist or {ProfileFile.what}", f"{REMEDY}, {ProfileFile.option} the other"
    found = records_in(content, name, FILE, what, remedy)
    return Checklist(_record(claim, found.profile) for claim in found.claims)


def _record(claim: KeptVerdict, profile: str) -> JudgedClaim:
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
        statement=f"accepted at the profile {profile} on {claim.judged}",
        measured=claim.measured,
        unit=claim.unit,
        n=claim.n,
        interval=claim.interval,
        effects=_effects(claim),
        profile=profile,
    )


def _effects(claim: KeptVerdict) -> tuple[Effect, ...]:
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
