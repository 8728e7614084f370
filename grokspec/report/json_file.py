"""The report as JSON: all that the page shows, but for the figures."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from grokspec.claims.record import JudgedClaim
from grokspec.mutation.matrix import MutantOutcome
from grokspec.report.contents import Report, ReportedClaim, ResultsProvenance, SpecSheet, System


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")


class ClaimInFile(JudgedClaim):
    """A judged claim, with its system and the mutants that it killed."""

    system: str
    killed: tuple[str, ...]


class SpecInFile(_Record):
    """A spec: its texts, and where its results come from."""

    name: str
    title: str
    texts: dict[str, str]
    provenance: ResultsProvenance | None


class ReportFile(_Record):
    """The whole file."""

    title: str
    claims: str
    profile: str
    made: datetime
    grokspec: str
    judged: tuple[ClaimInFile, ...]
    specs: tuple[SpecInFile, ...]
    mutants: tuple[MutantOutcome, ...] | None


def json_file(report: Report) -> str:
    """One JSON object; infinities and NaN are strings."""
    file = ReportFile(
        title=report.title,
        claims=report.folder,
        profile=report.profile,
        made=report.made,
        grokspec=report.version,
        judged=tuple(_claim(one, system) for system in report.systems for one in system.claims),
        specs=tuple(map(_spec, report.specs)),
        mutants=None if report.matrix is None else report.matrix.mutants,
    )
    return file.model_dump_json(indent=2) + "\n"


def _claim(one: ReportedClaim, system: System) -> ClaimInFile:
    killed = tuple(mutant.id for mutant in one.killed)
    return ClaimInFile(**dict(one.record), system=system.name, killed=killed)


def _spec(sheet: SpecSheet) -> SpecInFile:
    return SpecInFile(
        name=sheet.name, title=sheet.title, texts=dict(sheet.texts), provenance=sheet.provenance
    )
