"""`grokspec history`: what became of claims over commits or checklists, as a table and a figure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from grokspec.cli.figure import FORMATS
from grokspec.cli.options import ClaimPaths, Profile, StoreFolder
from grokspec.cli.output import by_ending, require_writable, write_text
from grokspec.cli.terminal import can_print
from grokspec.errors import visible
from grokspec.files.folders import named_path
from grokspec.spec import DEFAULT_PROFILE

SIDES = (
    "A checklist file in git: each version that was committed. Or several, in order: checklist "
    "files, folders of them, v1:FILE for a file in a commit; git branches, tags, commits and "
    "ranges like v1..main, whose claims are judged; stores."
)


def history(
    sides: Annotated[list[str], typer.Argument(metavar="SIDE...", help=SIDES)],
    last: Annotated[
        int | None,
        typer.Option("--last", "-n", min=2, help="Only the last so many of the sides."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            "-k",
            metavar="ID",
            help='The claims with this id (P01, or "kumar2024 P01" of one pack), changed or not; '
            "may be repeated, and have * in it.",
        ),
    ] = None,
    show_all: Annotated[
        bool, typer.Option("--all", help="All claims, not only those that changed.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            parser=named_path,
            help="Write the history to an .html, .md, .csv or .json file, too.",
        ),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option(
            "--figure",
            metavar="FILE",
            parser=named_path,
            help="Draw the effects over the sides into an .svg, .png or .pdf file.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    claims: ClaimPaths = None,
    store: StoreFolder = None,
    profile: Profile = DEFAULT_PROFILE,
) -> None:
    """Show how verdicts and effects changed over commits or saved checklists.

    A claim changed where its verdict did, or where an effect moved: each median lies outside the
    interval of the other. It only reports: the exit code is 0 whatever changed.
    """
    from grokspec.cli.history_tables import show
    from grokspec.regression.history import changed_only, history_of, selected
    from grokspec.regression.history_figure import save_history
    from grokspec.regression.history_page import history_as_html
    from grokspec.regression.history_rendering import (
        history_as_csv,
        history_as_json,
        history_as_markdown,
    )
    from grokspec.regression.series import find_sides, read_sides
    from grokspec.regression.sides import JudgingOptions

    writers = {
        ".html": history_as_html,
        ".md": history_as_markdown,
        ".csv": history_as_csv,
        ".json": history_as_json,
    }
    write = by_ending(output, writers, "a history") if output else None
    if figure:
        by_ending(figure, FORMATS, "a figure")
    for file in filter(None, (output, figure)):
        require_writable(file)  # judging may take a while
    options = JudgingOptions(tuple(claims or JudgingOptions.claims), store, profile)
    found = history_of(read_sides(find_sides(sides, last), options, _notify))
    if only:
        found = selected(found, only)
    elif not show_all:
        found = changed_only(found)
    if output and write:  # before anything is printed, which may fail
        write_text(output, write(found))
    if figure:
        save_history(found, figure)
    if as_json:
        text = history_as_json(found).rstrip()
        typer.echo(text if can_print(text) else json.dumps(json.loads(text), indent=2))
    else:
        show(found)


def _notify(line: str) -> None:
    typer.echo(visible(line), err=True)
