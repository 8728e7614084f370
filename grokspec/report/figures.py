"""Figures as small SVG; the same results give the same text."""

from __future__ import annotations

import re
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from grokspec.errors import GrokspecError
from grokspec.html import allowed
from grokspec.report.contents import SvgFigure

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"

DIGITS = 1
"""Decimals of a coordinate in points: nobody sees a twentieth of a point."""

PLACES = ("d", "points", "x", "y", "x1", "y1", "x2", "y2", "width", "height", "transform")
"""Attributes with coordinates."""

FONTS = "'DejaVu Sans',Verdana,sans-serif"
"""Fonts of about the width of the one that the layout was computed with."""


def draw_specs(
    specs: Sequence[Path], profile: str, store: Path, processes: int
) -> dict[Path, SvgFigure | str | None]:
    """Draw the figures of specs from stored results, several at a time.

    The value is the reason if a figure cannot be drawn, and None if the spec has no figure.
    """
    requests = [_Request(path, profile, store) for path in specs]
    if processes == 1 or len(requests) < 2 * processes:
        return dict(zip(specs, map(_draw, requests), strict=True))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return dict(zip(specs, pool.map(_draw, requests), strict=True))


def read_figure(file: Path) -> SvgFigure | None:
    """A figure from its file; None if there is no file."""
    return small(file.read_text(encoding="utf-8")) if file.is_file() else None


def small(svg: str) -> SvgFigure:
    """The same drawing in fewer characters: no metadata, no comments, rounded coordinates."""
    root = ElementTree.fromstring(allowed(svg))
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    referred = set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    for element in root.iter():
        _shorten(element, referred)
    width, height = (float(x) for x in root.attrib["viewBox"].split()[2:])
    for size in ("width", "height"):
        root.attrib.pop(size, None)
    root.attrib |= {"width": f"{width:.0f}", "height": f"{height:.0f}"}
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    return SvgFigure(ElementTree.tostring(root, "unicode"), round(width), round(height))


@dataclass(frozen=True)
class _Request:
    """The figure of a spec, for a process that draws it."""

    spec: Path
    profile: str
    store: Path


def _draw(request: _Request) -> SvgFigure | str | None:
    from grokspec.results import MissingResults, load_results
    from grokspec.spec import read_spec
    from grokspec.store import open_store

    try:
        spec = read_spec(request.spec, request.profile)
        if spec.content.figure is None:
            return None
        results = load_results(spec, open_store(request.store))
        with tempfile.TemporaryDirectory(prefix="grokspec-") as folder:
            file = Path(folder) / "figure.svg"
            spec.content.figure.save(results, file)
            return small(file.read_text(encoding="utf-8"))
    except MissingResults as error:
        return f"{len(error.runs)} of its {len(spec.runs)} runs have no result"
    except GrokspecError as error:
        return error.mistakes[0].message


def _shorten(element: ElementTree.Element, referred: set[str]) -> None:
    """Shorten the attributes of an element, and remove its id if nothing refers to it."""
    attributes = element.attrib
    if attributes.get("id") not in referred:
        attributes.pop("id", None)
    for name in PLACES:
        if name in attributes:
            attributes[name] = _rounded(attributes[name])
    if "style" in attributes:
        style = re.sub(r"'DejaVu Sans'[^;]*", FONTS, attributes["style"])
        attributes["style"] = re.sub(r"\s*([;:])\s*", r"\1", style)
    if not element.tag.endswith(("text", "tspan", "style")):
        element.text = (element.text or "").strip() or None
    element.tail = (element.tail or "").strip() or None


def _rounded(places: str) -> str:
    """Numbers with fewer decimals; scale factors keep theirs."""
    if "scale" in places or "matrix" in places:
        return places
    rounded = re.sub(
        r"-?\d+\.\d+(?:e-?\d+)?", lambda m: f"{float(m[0]):.{DIGITS}f}".removesuffix(".0"), places
    )
    return " ".join(rounded.split())
