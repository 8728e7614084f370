"""`grokspec store`: what lies in a store, and commands that remove, check and merge it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from grokspec.cli.options import StoreFolder

if TYPE_CHECKING:
    from grokspec.store.census import SpecHoldings

store = typer.Typer(
    name="store",
    help="Look at a store of results, and tidy it.",
    no_args_is_help=True,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@store.command("list")
def list_specs(store: StoreFolder = None, as_json: AsJson = False) -> None:
    """List the specs that have results in the store."""
    from grokspec.formatting import shown_path
    from grokspec.store import open_store
    from grokspec.store.census import by_spec, take_census

    opened = open_store(store)
    census = take_census(opened)
    holdings = by_spec(census)
    if as_json:
        typer.echo(_as_json(holdings))
        return
    if not holdings:
        typer.echo(f"{shown_path(opened.folder)} has no results")
        return
    _show(holdings)


def _as_json(holdings: tuple[SpecHoldings, ...]) -> str:
    import json

    return json.dumps([each.model_dump(mode="json") for each in holdings], indent=2)


def _show(holdings: tuple[SpecHoldings, ...]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from grokspec.errors import visible
    from grokspec.formatting import amount

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("spec", overflow="fold")
    for column in ("runs", "results", "size", "states of code"):
        table.add_column(column, justify="right")
    for column in ("grokspec", "torch", "first", "last"):
        table.add_column(column)
    for each in holdings:
        table.add_row(
            escape(visible(each.spec)),
            f"{each.runs:,}",
            f"{each.results:,}",
            amount(each.bytes, "B"),
            f"{each.fingerprints:,}",
            escape(visible(", ".join(each.grokspec))),
            escape(visible(", ".join(each.torch))),
            _day(each.first),
            _day(each.last),
        )
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)


def _day(seconds: float) -> str:
    """A date for people, of any number that a header may have."""
    try:
        return time.strftime("%Y-%m-%d", time.localtime(seconds))
    except (ValueError, OverflowError, OSError):
        return "?"
