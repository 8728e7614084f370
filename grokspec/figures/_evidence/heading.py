"""The line above a part of a claim's figure: what it shows, in the color of the verdict."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from grokspec.figures._style import VERDICTS

if TYPE_CHECKING:
    from matplotlib.figure import SubFigure

    from grokspec.statistics.verdict import Verdict


def write_heading(canvas: SubFigure, text: str, verdict: Verdict) -> None:
    """Write the line, wrapped if it is too long."""
    color, _ = VERDICTS[verdict]
    wrapped = textwrap.fill(text, 90)
    title = canvas.suptitle(wrapped, color=color, fontsize="medium", x=0.012, ha="left")
    title.set_parse_math(False)
