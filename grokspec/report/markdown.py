"""The report as Markdown: a table for each system."""

from __future__ import annotations

import re

from grokspec.checklist import SYMBOLS
from grokspec.report import telling
from grokspec.report.contents import Judgement, Report, System

COLUMNS = ("verdict", "id", "claim", "in the paper", "measured", "n", "under control", "caught")


def markdown(report: Report) -> str:
    """The text of the file, in GitHub's flavour."""
    head = [f"# {_escaped(report.title)}", "", f"{telling.fellows(report.judgements)}."]
    head += [f"{telling.standing(report)} {telling.teeth(report)}".strip()]
    if report.faults is not None:
        head += [f"Of the known faults that were put into the program, {report.faults.summary}."]
    tables = [line for system in report.systems for line in _table(system)]
    made = f"grokspec {report.version}, profile {report.profile}, {telling.moment(report.made)}"
    return "\n".join([*head, *tables, "", made, ""])


def _table(system: System) -> list[str]:
    lines = [_row(*COLUMNS), _row(*("---" for _ in COLUMNS)), *map(_line, system.judgements)]
    return ["", f"## {_escaped(system.name)}", "", *lines]


def _line(one: Judgement) -> str:
    row = one.row
    verdict = f"{SYMBOLS[one.verdict]} {one.verdict.value}"
    verdict += ", **turned**" if row.turned else ""
    verdict += ", **toothless**" if one.toothless else ""
    return _row(
        verdict,
        _escaped(row.id),
        _escaped(row.claim),
        _escaped(row.source),
        _escaped(telling.effect(row) or row.statement),
        str(row.n or ""),
        "; ".join(_escaped(telling.fared(trial)) for trial in one.trials),
        ", ".join(_escaped(fault.id) for fault in one.caught),
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Text that is shown as it is, within one cell of a table."""
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return " ".join(re.sub(r"([\\`*_{}\[\]#|~])", r"\\\1", text).split())
