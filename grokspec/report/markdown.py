"""The report as Markdown: a table for each system."""

from __future__ import annotations

import re

from grokspec.report import telling
from grokspec.report.contents import Judgement, Report, System


def markdown(report: Report) -> str:
    """The text of the file, GitHub's flavour."""
    head = [f"# {_escaped(report.title)}", "", f"{telling.fellows(report.judgements)}."]
    head += [f"{telling.standing(report)} {telling.teeth(report)}".strip()]
    if report.faults is not None:
        head += [f"Of the known faults that were put into the program, {report.faults.summary}."]
    tables = [line for system in report.systems for line in _table(system)]
    made = f"grokspec {report.version}, profile {report.profile}, {telling.moment(report.made)}"
    return "\n".join([*head, *tables, "", made, ""])


def _table(system: System) -> list[str]:
    lines = [_line(one) for one in system.judgements]
    head = [
        "| | id | claim | in the paper | measured | n |",
        "| --- | --- | --- | --- | --- | --: |",
    ]
    return ["", f"## {_escaped(system.name)}", "", *head, *lines]


def _line(one: Judgement) -> str:
    row = one.row
    verdict = f"{telling.SYMBOLS[one.verdict]} {one.verdict.value}"
    verdict += ", **turned**" if row.turned else ""
    verdict += ", **toothless**" if one.toothless else ""
    told = (row.id, row.claim, row.source, telling.effect(row) or row.statement, str(row.n or ""))
    return "| " + " | ".join([verdict, *map(_escaped, told)]) + " |"


def _escaped(text: str) -> str:
    """Text that is shown as it is, within one cell of a table."""
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return " ".join(re.sub(r"([\\`*_{}\[\]#|~])", r"\\\1", text).split())
