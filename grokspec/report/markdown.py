"""The report as Markdown: a table for each system."""

from __future__ import annotations

from collections.abc import Sequence

from grokspec.claims.replications import in_words_of_replication
from grokspec.formatting import in_markdown, markdown_row
from grokspec.report import wording
from grokspec.report.contents import Report, ReportedClaim, ReportedPack, System
from grokspec.report.contested import contested
from grokspec.report.contested_markdown import contested_lines

COLUMNS = ("verdict", "id", "claim", "source", "measured", "n", "controls", "killed")


def markdown(report: Report) -> str:
    """The text of the file, in GitHub's flavor."""
    head = [f"# {in_markdown(report.title)}", "", f"{wording.counts(report.claims)}."]
    head += [in_markdown(f"{wording.standing(report)} {wording.controls(report)}")]
    if differences := wording.differences(report):
        head += [in_markdown(differences)]
    if report.matrix is not None:
        head += [f"Mutation test: {report.matrix.summary}."]
    profiles = wording.profiles(report)
    tables = [line for pack in report.packs for line in _pack(pack, profiles)]
    if questions := contested(report.claims):
        tables += ["", "## Contested", *contested_lines(questions, "###")]
    made = f"grokspec {report.version}, profile {report.profile}, {wording.moment(report.made)}"
    return "\n".join([*head, *tables, "", in_markdown(made), ""])


def _pack(one: ReportedPack, profiles: Sequence[str]) -> list[str]:
    """The tables of a pack, below its papers; without a heading for claims of none."""
    if one.pack is None:
        return [line for system in one.systems for line in _table(system, profiles)]
    lines = ["", f"## {in_markdown(one.name)}", "", f"{in_markdown(one.pack.about)}", ""]
    lines += [f"- {in_markdown(paper.citation)}" for paper in one.pack.papers]
    lines += ["", f"{wording.counts(one.claims)}."]
    tables = (_table(system, profiles, "###") for system in one.systems)
    return [*lines, *(line for table in tables for line in table)]


def _table(system: System, profiles: Sequence[str], heading: str = "##") -> list[str]:
    """A table, with a column for each other profile."""
    columns = [*COLUMNS, *(in_markdown(f"at {profile}") for profile in profiles)]
    lines = [markdown_row(columns), markdown_row("---" for _ in columns)]
    lines += [_line(one, profiles) for one in system.claims]
    return ["", f"{heading} {in_markdown(system.name)}", "", *lines]


def _line(one: ReportedClaim, profiles: Sequence[str]) -> str:
    record = one.record
    elsewhere = {other.profile: wording.at_profile(other) for other in record.elsewhere}
    verdict = f"{one.verdict.symbol} {one.verdict.value}"
    verdict += ", **unexpected**" if record.unexpected else ""
    verdict += ", **insensitive**" if record.insensitive else ""
    verdict += ", **a control changes nothing**" if record.has_idle_control else ""
    verdict += f", {words}" if (words := in_words_of_replication(record)) else ""
    return markdown_row(
        [
            verdict,
            in_markdown(record.id),
            in_markdown(record.sentence),
            in_markdown(record.source),
            in_markdown(wording.effect(record) or record.statement),
            str(record.n or ""),
            "; ".join(in_markdown(wording.outcome(control)) for control in record.controls),
            ", ".join(in_markdown(mutant.id) for mutant in one.killed),
            *(in_markdown(elsewhere.get(profile, "")) for profile in profiles),
        ]
    )
