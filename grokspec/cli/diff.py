"""`grokspec diff`: what one checklist says and another does not, as tables and an exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokspec.cli.options import Profile, StoreFolder
from grokspec.cli.writing import writing
from grokspec.errors import GrokspecError
from grokspec.spec import DEFAULT_PROFILE

if TYPE_CHECKING:
    from grokspec.comparison.changes import Changes

WHAT = "A checklist file, a store, or a branch, tag or commit in git."


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help=WHAT)],
    after: Annotated[str, typer.Argument(metavar="B", help="What is held against it; likewise.")],
    claims: Annotated[
        list[Path] | None,
        typer.Option("--claims", help="What to judge for stores and revisions; else claims/."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write it to a .md or .json file, too."),
    ] = None,
    store: StoreFolder = None,
    profile: Profile = DEFAULT_PROFILE,
) -> None:
    """Compare what two checklists say: claims lost and gained, effects moved.

    The exit code is 1 if a claim was lost (supported in A and not in B; NOT RUN counts, too), if a
    verdict changed to another than the one on record, or if an effect moved, so that each median
    lies outside the interval of the other.
    """
    from grokspec.comparison.changes import compare
    from grokspec.comparison.sides import Judging, find_side, judged

    write = _writer(output)
    sides = find_side(before), find_side(after)
    judging = Judging(tuple(claims or Judging.claims), store, profile)
    first, second = (judged(side, judging).rows() for side in sides)
    changes = compare(first, second)
    if not changes.compared:
        raise GrokspecError(f"{sides[0]} and {sides[1]} have no claim in common")
    names = str(sides[0]), str(sides[1])
    show_changes(changes, *names)
    if output is not None:
        with writing(output):
            output.write_text(write(changes, *names), encoding="utf-8")
    if changes.is_regression:
        raise typer.Exit(1)


def show_changes(changes: Changes, before: str, after: str) -> None:
    """Print what changed, the worst first, and the sum of it last."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from grokspec.comparison.telling import headline, summary, tables

    console = Console(highlight=False)
    for told in tables(changes):
        colour = "red" if told.is_bad else "green"
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), title_justify="left")
        table.title, table.title_style = escape(told.title), f"bold {colour}"
        for column in told.columns:
            table.add_column(column, header_style="dim")
        for cells in told.rows:
            table.add_row(*map(escape, cells))
        console.print(table)
        console.print()
    console.print(f"{escape(before)} → {escape(after)}: {escape(summary(changes))}")
    colour = "red" if changes.is_regression else "green"
    console.print(f"[{colour}]{escape(headline(changes))}[/]")


def _writer(output: Path | None) -> Callable[[Changes, str, str], str]:
    """What writes the file that was asked for, by its ending; or a GrokspecError."""
    from grokspec.comparison.telling import as_json, as_markdown

    writers = {".md": as_markdown, ".json": as_json}
    ending = ".md" if output is None else output.suffix.lower()
    if ending not in writers:
        raise GrokspecError(f"{output}: what changed is written as .md or .json")
    return writers[ending]
