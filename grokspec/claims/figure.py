"""The figure of a claim: its sentence, verdict and source above the parts of the evidence."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING, Any

from grokspec.figures._evidence import comparison, intervals
from grokspec.figures._style import VERDICTS, settings
from grokspec.html import allowed
from grokspec.statistics.evidence import Comparison, Evidence, Intervals

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from matplotlib.figure import SubFigure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    from grokspec.claims.record import JudgedClaim
    from grokspec.statistics.finding import Finding

WIDTH = 7.2
"""Width of every figure, in inches; texts are wrapped to fit."""

LINE = 0.18
"""Height of a line of text, in inches."""

Line = tuple[str, dict[str, Any]]
"""A line of text and how it looks."""


def claim_as_svg(record: JudgedClaim, finding: Finding) -> bytes:
    """Draw a claim with its finding as an SVG file; the same finding gives the same bytes."""
    file = io.BytesIO()
    with settings():
        draw_claim(record, finding).savefig(file, format="svg", metadata={"Date": None})
    return allowed(file.getvalue().decode()).encode()


def draw_claim(record: JudgedClaim, finding: Finding) -> Canvas:
    """Draw the numbers behind the verdict on a claim."""
    from matplotlib.figure import Figure as Canvas

    parts = finding.evidence or (finding.statement,)
    head, foot = _head(record, finding), _foot(finding, record.test)
    heights = [_height_of(head), *(_height(part) for part in parts), _height_of(foot)]
    with settings():
        canvas = Canvas(figsize=(WIDTH, sum(heights)), layout=_layout())
        rows = canvas.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)
        top, *middle, bottom = rows[:, 0]
        _write(head, top)
        for part, within in zip(parts, middle, strict=True):
            _draw(part, within)
        _write(foot, bottom)
    return canvas


def _layout() -> ConstrainedLayoutEngine:
    """Leave room for arrows at the edges of the axes."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return ConstrainedLayoutEngine(w_pad=0.09)


def _head(record: JudgedClaim, finding: Finding) -> list[Line]:
    """The claim, its verdict and its place in the paper."""
    color, _ = VERDICTS[finding.verdict]
    expected = record.expected.value
    relation = "as expected" if finding.verdict is record.expected else f"{expected} was expected"
    return [
        *_lines(f"{record.id}  {record.sentence}", 78, weight="bold"),
        *_lines(f"{finding.verdict.word}, {relation} · {record.source}", 90, color=color),
    ]


def _foot(finding: Finding, test: str) -> list[Line]:
    """How to read each kind of drawing, and the test."""
    captions = dict.fromkeys(_caption(part) for part in finding.evidence)
    return [
        line
        for text in (*captions, test)
        for line in _lines(text, 120, fontsize="x-small", color="0.3")
    ]


def _height(part: Evidence | str) -> float:
    if isinstance(part, Intervals):
        return intervals.height(part)
    if isinstance(part, Comparison):
        return comparison.height(part)
    return _height_of(_in_words(part))


def _caption(part: Evidence) -> str:
    return intervals.caption(part) if isinstance(part, Intervals) else comparison.caption(part)


def _draw(part: Evidence | str, canvas: SubFigure) -> None:
    if isinstance(part, Intervals):
        intervals.draw(part, canvas)
    elif isinstance(part, Comparison):
        comparison.draw(part, canvas)
    else:
        _write(_in_words(part), canvas)


def _in_words(statement: str) -> list[Line]:
    """A finding that was not computed by `grokspec.statistics`, in words."""
    return _lines(statement, 90)


def _lines(text: str, width: int, **looks: Any) -> list[Line]:
    return [(line, looks) for line in textwrap.wrap(text, width)]


def _height_of(lines: list[Line]) -> float:
    return LINE * (len(lines) + 0.6)


def _write(lines: list[Line], canvas: SubFigure) -> None:
    for i, (line, looks) in enumerate(lines):
        y = 1 - LINE * (i + 0.3) / _height_of(lines)
        canvas.text(0.012, y, line, va="top", parse_math=False, **looks)
