"""`grokspec report`: which claims hold, and the evidence, as a page or a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grokspec.cli.options import Profile, StoreFolder
from grokspec.files.folders import named_path
from grokspec.spec import DEFAULT_PROFILE


def report(
    claims: Annotated[
        Path, typer.Argument(metavar="CLAIMS", parser=named_path, help="The folder of the claims.")
    ] = Path("claims"),
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            parser=named_path,
            help="An .html, .md, .json or .tex file.",
        ),
    ] = Path("report.html"),
    store: StoreFolder = None,
    profile: Profile = DEFAULT_PROFILE,
    mutants: Annotated[
        Path | None,
        typer.Option(
            "--mutants",
            metavar="FILE",
            parser=named_path,
            help="The kill matrix that `grokspec mutants -o x.json` wrote.",
        ),
    ] = None,
    checklist: Annotated[
        Path | None,
        typer.Option(
            "--checklist",
            metavar="FILE",
            parser=named_path,
            help="Take the verdicts from this file, and judge nothing.",
        ),
    ] = None,
) -> None:
    """Judge claims on stored results, and write a page or a table of the verdicts.

    Nothing is trained: a claim without results is NOT RUN.
    """
    from grokspec.cli.output import by_ending, require_writable, write_text
    from grokspec.report.gather import ReportRequest, gather
    from grokspec.report.json_file import json_file
    from grokspec.report.latex import latex
    from grokspec.report.markdown import markdown
    from grokspec.report.page import page

    formats = {".html": page, ".md": markdown, ".json": json_file, ".tex": latex}
    write = by_ending(output, formats, "a report")
    require_writable(output)  # judging takes a while
    request = ReportRequest(
        claims=claims,
        store=store,
        profile=profile,
        checklist=checklist,
        mutants=mutants,
        with_figures=write is page,
    )
    write_text(output, write(gather(request)))
    typer.echo(str(output))
