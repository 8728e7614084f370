"""The report as JSON: everything on the page except the figures."""

from __future__ import annotations

from datetime import datetime

from grokspec.claims.record import JudgedClaim, Record
from grokspec.mutation.matrix import MutantOutcome
from grokspec.report.contents import Report, ReportedClaim, ResultsProvenance, SpecSheet, System


class ClaimInFile(JudgedClaim):
    """A judged claim, with its system and the ids of the mutants that it killed."""

    system: str
    killed: tuple[str, ...]


class SpecInFile(Record):
    """A spec: its texts, and the provenance of its results."""

    name: str
    title: str
    setting: str
    texts: dict[str, str]
    provenance: ResultsProvenance | None


class ReportFile(Record):
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
        name=sheet.name,
        title=sheet.title,
        setting=sheet.setting,
        texts=dict(sheet.texts),
        provenance=sheet.provenance,
    )
