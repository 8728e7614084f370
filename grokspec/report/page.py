"""The report as one HTML file that needs nothing but itself.

Figures are images in ``data:`` addresses, not elements of the page: thousands of paths would make
it slow, their ids would meet, and what is folded away is drawn only when it is opened.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import quote

from grokspec.formatting import duration
from grokspec.report import wording as wording
from grokspec.report.contents import Report, SvgFigure, tally
from grokspec.statistics.verdict import Verdict

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

SAFE = " !$&()*+,-./:;=?@[]_`{|}~<>'^"
"""Characters of an SVG document that may stand in an address as they are."""


def page(report: Report) -> str:
    """The text of the HTML file."""
    folder = files("grokspec.report")
    script = (folder / "filter.js").read_text(encoding="utf-8")
    return (
        _environment()
        .from_string((folder / "page.html.j2").read_text(encoding="utf-8"))
        .render(
            report=report,
            style=(folder / "style.css").read_text(encoding="utf-8"),
            script=script,
            script_hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


def address(figure: SvgFigure) -> Markup:
    """A figure as a ``data:`` address, for an attribute in double quotes.

    Of what an SVG file is made of, only the characters that would end or change the address are
    escaped, which makes it a third shorter than base64.
    """
    from markupsafe import Markup

    quoted = quote(_single_quoted(figure.svg), safe=SAFE)
    return Markup("data:image/svg+xml," + quoted.replace("&", "&amp;"))


def _single_quoted(svg: str) -> str:
    """The same document with attributes in single quotes, which need no escape in an address."""

    def requoted(tag: re.Match[str]) -> str:
        return re.sub(r'="([^"]*)"', lambda m: "='" + m[1].replace("'", "&apos;") + "'", tag[0])

    return re.sub(r"<[^>]*>", requoted, svg)


def _environment() -> Environment:
    """Templates in which every text is escaped, and the words that they use."""
    from jinja2 import Environment, StrictUndefined

    made = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.globals |= {"wording": wording, "tally": tally, "Verdict": Verdict}
    made.filters |= {
        "address": address,
        "slug": lambda verdict: verdict.value.replace(" ", "-"),
        "duration": duration,
    }
    return made
