"""A history as one HTML file that needs no other file: its tables and its figure."""

from __future__ import annotations

from base64 import b64encode
from importlib.resources import files

from grokspec.html import allowed
from grokspec.regression import history_rendering
from grokspec.regression.history import History
from grokspec.regression.history_figure import history_as_svg


def history_as_html(history: History) -> str:
    """The text of the HTML file; texts are escaped."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True,
        finalize=lambda value: allowed(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["slug"] = lambda verdict: verdict.value.replace(" ", "-")
    template = (files("grokspec.regression") / "history.html.j2").read_text(encoding="utf-8")
    return environment.from_string(template).render(
        history=history, words=history_rendering, figure=_address(history_as_svg(history))
    )


def _address(svg: bytes) -> str:
    return "data:image/svg+xml;base64," + b64encode(svg).decode()
