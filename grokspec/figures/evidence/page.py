"""The figure of a claim: what it says and what came of it, over the evidence, part by part."""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING, Any

from grokspec.evidence import Comparison, Evidence, Intervals
from grokspec.figures.evidence import comparison, intervals
from grokspec.figures.style import SETTINGS, VERDICTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from matplotlib.figure import SubFigure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    from grokspec.claims import Claim
    from grokspec.findings import Finding

WIDTH = 7.2
"""Of every figure, in inches; the lines of its texts are broken to fit."""

LINE = 0.18
"""Height of a line of text, in inches."""

Line = tuple[str, dict[str, Any]]
"""A line of text and how it looks."""


def claim_as_svg(claim: Claim, finding: Finding, test: str) -> bytes:
    """Draw a claim as an SVG file; the same finding makes the same file."""
    import matplotlib

    file = io.BytesIO()
    with matplotlib.rc_context(SETTINGS):
        draw_claim(claim, finding, test).savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def draw_claim(claim: Claim, finding: Finding, test: str) -> Canvas:
    """Draw what the verdict on a claim rests on; ``test`` is the id of the test that judged it."""
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    parts = finding.evidence or (finding.statement,)
    head, foot = _head(claim, finding), _foot(finding, test)
    heights = [_height_of(head), *(_height(part) for part in parts), _height_of(foot)]
    with matplotlib.rc_context(SETTINGS):
        canvas = Canvas(figsize=(WIDTH, sum(heights)), layout=_layout())
        rows = canvas.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)
        top, *middle, bottom = rows[:, 0]
        _write(head, top)
        for part, within in zip(parts, middle, strict=True):
            _draw(part, within)
        _write(foot, bottom)
    return canvas


def _layout() -> ConstrainedLayoutEngine:
    """Room at the sides for the half of an arrow that stands on the edge of its axes."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return ConstrainedLayoutEngine(w_pad=0.09)


def _head(claim: Claim, finding: Finding) -> list[Line]:
    """The claim, its verdict and its place in the paper."""
    colour, _ = VERDICTS[finding.verdict]
    record = "as on record" if finding.verdict is claim.verdict else f"on record {claim.recorded}"
    return [
        *_lines(f"{claim.id}  {claim.sentence}", 78, weight="bold"),
        *_lines(f"{finding.verdict.word}, {record} · {claim.source}", 90, color=colour),
    ]


def _foot(finding: Finding, test: str) -> list[Line]:
    """How each kind of drawing is to be read, and the test."""
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
    return _height_of(_told(part))


def _caption(part: Evidence) -> str:
    return intervals.caption(part) if isinstance(part, Intervals) else comparison.caption(part)


def _draw(part: Evidence | str, canvas: SubFigure) -> None:
    if isinstance(part, Intervals):
        intervals.draw(part, canvas)
    elif isinstance(part, Comparison):
        comparison.draw(part, canvas)
    else:
        _write(_told(part), canvas)


def _told(statement: str) -> list[Line]:
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
