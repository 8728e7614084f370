"""`grokspec contested`: what papers answer differently, and which verdict each answer got."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grokspec.cli.options import Profile, StoreFolder
from grokspec.files.folders import named_path
from grokspec.spec import DEFAULT_PROFILE


def contested(
    claims: Annotated[
        Path, typer.Argument(metavar="CLAIMS", parser=named_path, help="The folder of the claims.")
    ] = Path("claims"),
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            parser=named_path,
            help="Write it to a .md file instead of printing it.",
        ),
    ] = None,
    store: StoreFolder = None,
    profile: Profile = DEFAULT_PROFILE,
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
    """Hold what the claims answer to contested questions side by side, as Markdown.

    Nothing is trained: the claims are judged on stored results.
    """
    from grokspec.cli.output import by_ending, require_writable, write_text
    from grokspec.report.contested_markdown import contested_page
    from grokspec.report.gather import ReportRequest, gather

    if output is not None:
        by_ending(output, {".md": contested_page}, "the page")
        require_writable(output)  # judging takes a while
    request = ReportRequest(
        claims=claims, store=store, profile=profile, checklist=checklist, with_figures=False
    )
    text = contested_page(gather(request))
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_text(output, text)
        typer.echo(str(output))
