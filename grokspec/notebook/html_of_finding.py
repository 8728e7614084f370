"""A verdict as a notebook shows it: the word, the sentence, and the interval against its region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokspec.checklist import SYMBOLS
from grokspec.evidence import Cell, Intervals
from grokspec.findings import Finding, Verdict
from grokspec.notebook.drawing import interval_as_svg
from grokspec.notebook.html import CARD, escaped, faint, folded

if TYPE_CHECKING:
    from collections.abc import Iterator

COLOURS = {
    Verdict.SUPPORTED: "#1a7fc1",
    Verdict.REFUTED: "#d55e00",
    Verdict.INCONCLUSIVE: "#7d7d7d",
    Verdict.NOT_RUN: "#7d7d7d",
}
"""As in the figures, and of such lightness that they read on white as on black."""


def finding_as_html(finding: Finding) -> str:
    """The verdict with its statement; below it the interval and, folded away, the parts."""
    verdict, colour = finding.verdict, COLOURS[finding.verdict]
    word = f"{SYMBOLS[verdict]} {verdict.word}"
    head = f'<span style="font-weight: bold; color: {colour}">{escaped(word)}</span>'
    parts = [f"{head} {escaped(finding.statement)}"]
    decisive = _decisive(finding)
    picture = interval_as_svg(*decisive, colour) if decisive else ""
    chance = "" if finding.p_value is None else faint(f" p = {finding.p_value:.2g}")
    parts.append(picture + chance)
    if finding.details:
        parts.append(folded(f"{len(finding.details)} parts", finding.details))
    inside = "".join(f"<div>{part}</div>" for part in parts)
    return f'<div class="grokspec" style="{CARD}">{inside}</div>'


def _decisive(finding: Finding) -> tuple[Cell, Intervals] | None:
    """The cell whose numbers are those of the finding, and what it was held to."""
    numbers = finding.measured, finding.interval
    found = ((c, p) for c, p in _cells(finding) if (c.median, c.interval) == numbers)
    return next(found, None)


def _cells(finding: Finding) -> Iterator[tuple[Cell, Intervals]]:
    for part in finding.evidence:
        if isinstance(part, Intervals):
            yield from ((cell, part) for cell in part.cells)
