"""`grokspec report`: one page, or table, that says which claims hold and what that rests on."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokspec.cli.options import Profile, StoreFolder
from grokspec.errors import GrokspecError
from grokspec.spec import DEFAULT_PROFILE

if TYPE_CHECKING:
    from grokspec.report.contents import Report

ENDINGS = (".html", ".md", ".json", ".tex")
"""What a report can be written as, by the ending of its file."""


def report(
    claims: Annotated[
        Path, typer.Argument(metavar="CLAIMS", help="The folder of the claims.")
    ] = Path("claims"),
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="An .html, .md, .json or .tex file."),
    ] = Path("report.html"),
    store: StoreFolder = None,
    profile: Profile = DEFAULT_PROFILE,
    mutants: Annotated[
        Path | None,
        typer.Option("--mutants", help="The kill table that `grokspec mutants -o x.json` wrote."),
    ] = None,
    checklist: Annotated[
        Path | None,
        typer.Option("--checklist", help="Take the verdicts from this file; judge nothing."),
    ] = None,
) -> None:
    """Judge claims on stored results, and write what came of it as one page or table.

    Nothing is trained: a claim without results is NOT RUN.
    """
    if output.suffix.lower() not in ENDINGS:
        raise GrokspecError(
            f"{output}: a report is written as {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"
        )
    from grokspec.report.gather import Asked, gather
    from grokspec.store.durable import explained, write_whole

    _require_room_for(output)
    asked = Asked(
        claims=claims,
        store=store,
        profile=profile,
        checklist=checklist,
        faults=mutants,
        with_figures=output.suffix.lower() == ".html",
    )
    text = _written(gather(asked), output.suffix.lower())
    with explained("the report could not be written"):
        write_whole(output, text.encode())
    typer.echo(str(output))


def _require_room_for(output: Path) -> None:
    """Make the folder of the file, and see that it can be written to: judging takes a while."""
    from grokspec.store.durable import explained

    if output.is_dir():
        raise GrokspecError(f"{output} is a folder; name a file")
    with explained(f"the report {output} could not be written"):
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output.parent):
            pass


def _written(made: Report, ending: str) -> str:
    if ending == ".html":
        from grokspec.report.page import page

        return page(made)
    if ending == ".md":
        from grokspec.report.markdown import markdown

        return markdown(made)
    if ending == ".tex":
        from grokspec.report.latex import latex

        return latex(made)
    from grokspec.report.data import data

    return data(made)
