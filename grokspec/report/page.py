"""The report as one HTML file that needs no other file.

Figures are images with ``data:`` addresses, not elements of the page: thousands of paths would make
it slow, their ids could collide, and a folded image is drawn only when it is opened.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import quote

from grokspec.claims.replications import in_words_of_replication
from grokspec.formatting import duration
from grokspec.html import allowed
from grokspec.report import wording
from grokspec.report.contents import Report, SvgFigure, tally
from grokspec.report.contested import contested
from grokspec.statistics.verdict import Verdict

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

SAFE = " !$&()*+,-./:;=?@[]_`{|}~<>'^"
"""Characters of an SVG document that need no escape in an address."""


def page(report: Report) -> str:
    """The text of the HTML file."""
    folder = files("grokspec.report")
    script = (folder / "filter.js").read_text(encoding="utf-8")
    return (
        _environment()
        .from_string((folder / "page.html.j2").read_text(encoding="utf-8"))
        .render(
            report=report,
            contested=contested(report.claims),
            style=(folder / "style.css").read_text(encoding="utf-8"),
            script=script,
            script_hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


def address(figure: SvgFigure) -> Markup:
    """A figure as a ``data:`` address, for an attribute in double quotes.

    Only the characters that would end or change the address are escaped, so it is a third shorter
    than base64.
    """
    from markupsafe import Markup

    quoted = quote(_single_quoted(figure.svg), safe=SAFE)
    return Markup("data:image/svg+xml," + quoted.replace("&", "&amp;"))


def _single_quoted(svg: str) -> str:
    """The same document with attributes in single quotes, which need no escape in an address."""

    def requoted(tag: re.Match[str]) -> str:
        return re.sub(r'="([^"]*)"', lambda m: "='" + m[1].replace("'", "&apos;") + "'", tag[0])

    return re.sub(r"<[^>]*>", requoted, svg)


def _allowed(value: object) -> object:
    """A value of the template; texts without characters that HTML may not contain."""
    return allowed(value) if type(value) is str else value  # a Markup is HTML already


def _environment() -> Environment:
    """Templates that escape every text, with the functions that they use."""
    from jinja2 import Environment, StrictUndefined

    made = Environment(
        autoescape=True,
        finalize=_allowed,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {"wording": wording, "tally": tally, "Verdict": Verdict}
    made.globals["replication"] = in_words_of_replication
    made.filters |= {
        "address": address,
        "slug": lambda verdict: verdict.value.replace(" ", "-"),
        "duration": duration,
    }
    return made
