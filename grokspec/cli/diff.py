"""`grokspec diff`: the differences between two checklists, as tables and an exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokspec.cli.options import ClaimPaths, Profile, StoreFolder
from grokspec.cli.output import by_ending, terminal, write_text
from grokspec.errors import GrokspecError, visible
from grokspec.files.folders import named_path
from grokspec.spec import DEFAULT_PROFILE

if TYPE_CHECKING:
    from grokspec.regression.changes import Changes

SIDE = "A checklist file, a store, or a git branch, tag or commit."


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help=SIDE)],
    after: Annotated[str, typer.Argument(metavar="B", help="The same, to compare with A.")],
    claims: ClaimPaths = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            parser=named_path,
            help="Write the changes to a .md or .json file, too.",
        ),
    ] = None,
    store: StoreFolder = None,
    profile: Profile = DEFAULT_PROFILE,
) -> None:
    """Compare two checklists: claims lost and gained, effects moved.

    The exit code is 1 if a claim was lost (supported in A and not in B, also if it is NOT RUN
    there), if a verdict changed to an unexpected one, or if an effect moved: each median lies
    outside the interval of the other.
    """
    from grokspec.regression.changes import compare
    from grokspec.regression.rendering import changes_as_json, changes_as_markdown
    from grokspec.regression.sides import JudgingOptions, find_side, judged

    writers = {".md": changes_as_markdown, ".json": changes_as_json}
    write = by_ending(output, writers, "a comparison") if output else None
    sides = find_side(before), find_side(after)
    options = JudgingOptions(tuple(claims or JudgingOptions.claims), store, profile)
    first, second = (judged(side, options).records() for side in sides)
    changes = compare(first, second)
    if not changes.compared:
        raise GrokspecError(f"{sides[0]} and {sides[1]} have no claim in common")
    names = str(sides[0]), str(sides[1])
    if output and write:  # before anything is printed, which may fail
        write_text(output, write(changes, *names))
    _show(changes, *names)
    if changes.is_regression:
        raise typer.Exit(1)


def _show(changes: Changes, before: str, after: str) -> None:
    """Print what changed, the worst first, and the summary last."""
    from rich.markup import escape
    from rich.table import Table

    from grokspec.regression.rendering import headline, summary, tables

    console = terminal()
    for part in tables(changes):
        color = "red" if part.is_bad else "green"
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title_justify="left")
        table.title, table.title_style = escape(part.title), f"bold {color}"
        for column in part.columns:
            table.add_column(column, header_style="dim")
        for cells in part.rows:
            table.add_row(*(escape(visible(cell)) for cell in cells))
        console.print(table)
        console.print()
    console.print(escape(visible(f"{before} → {after}: {summary(changes)}")))
    color = "red" if changes.is_regression else "green"
    console.print(f"[{color}]{escape(headline(changes))}[/]")
