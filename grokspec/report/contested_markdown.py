"""The contested questions as Markdown: a part of the report, and a page of their own."""

from __future__ import annotations

from collections.abc import Iterable

from grokspec.formatting import in_markdown, markdown_row
from grokspec.report import wording
from grokspec.report.contents import Report, ReportedClaim
from grokspec.report.contested import Answer, Contested, contested

COLUMNS = ("verdict", "who says so", "claim", "setting", "measured", "n")

INTRODUCTION = """\
Questions that papers on grokking answer differently, made from the claims themselves: who says
what, in which setting, and what came out of it here. A verdict is about one claim in one setting. A
claim that is refuted speaks against its answer there, and for no other answer."""


def contested_page(report: Report) -> str:
    """The page: every question that the claims of a report answer."""
    lines = ["# Contested", "", INTRODUCTION, *contested_lines(contested(report.claims), "##")]
    made = f"grokspec {report.version}, profile {report.profile}"
    return "\n".join([*lines, "", in_markdown(made), ""])


def contested_lines(questions: Iterable[Contested], heading: str) -> list[str]:
    """The lines of some questions, below headings of a level such as ``##``."""
    return [line for one in questions for line in _question(one, heading)]


def _question(one: Contested, heading: str) -> list[str]:
    lines = ["", f"{heading} {in_markdown(one.question.question)}", ""]
    if one.question.background:
        lines += [in_markdown(one.question.background), ""]
    lines += [f"In short: {wording.answers(one)}."]
    for answer in one.answers:
        lines += _answer(answer)
    return lines


def _answer(answer: Answer) -> list[str]:
    lines = ["", f"**{in_markdown(answer.key)}**: {in_markdown(answer.sentence)}"]
    if answer.claims:
        lines += ["", markdown_row(COLUMNS), markdown_row("---" for _ in COLUMNS)]
        lines += [_line(one) for one in answer.claims]
    return lines


def _line(one: ReportedClaim) -> str:
    record = one.record
    return markdown_row(
        [
            f"{one.verdict.symbol} {one.verdict.value}",
            in_markdown(wording.who(record)),
            in_markdown(record.sentence),
            in_markdown(wording.settings(one)),
            in_markdown(wording.effect(record)),
            str(record.n or ""),
        ]
    )
