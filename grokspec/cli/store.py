"""`grokspec store`: what lies in a store, and commands that tidy, check and merge it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokspec.cli.options import StoreFolder
from grokspec.files.folders import named_path

if TYPE_CHECKING:
    from grokspec.store import Store
    from grokspec.store.census import Census

store = typer.Typer(
    name="store",
    help="Look at a store of results, and tidy it.",
    no_args_is_help=True,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Specs = Annotated[
    list[Path] | None,
    typer.Option(
        "--code-of",
        metavar="SPEC",
        parser=named_path,
        help="A spec, or a folder of specs, whose code today is compared. May be repeated.",
    ),
]


@store.command("list")
def list_specs(store: StoreFolder = None, code_of: Specs = None, as_json: AsJson = False) -> None:
    """List the specs that have results in the store."""
    from grokspec.cli import store_tables as tables
    from grokspec.store.holdings import holdings
    from grokspec.store.staleness import Staleness

    opened, census = _look(store)
    found = holdings(census, Staleness(census, _wanted(code_of)))
    if as_json:
        typer.echo(tables.as_json(found))
    elif not found:
        typer.echo(f"{_shown(opened)} has no results")
    else:
        tables.show_holdings(found)
    _say_what_is_passed_over(census)


@store.command()
def du(store: StoreFolder = None, as_json: AsJson = False) -> None:
    """Show how much room the store takes: by spec, by kind of file, and for nothing."""
    from grokspec.cli import store_tables as tables
    from grokspec.store.usage import measure_usage

    opened, census = _look(store)
    usage = measure_usage(opened, census)
    if as_json:
        typer.echo(tables.as_json(usage))
    elif not usage.bytes:
        typer.echo(f"{_shown(opened)} has no files")
    else:
        tables.show_usage(usage)
    _say_what_is_passed_over(census)


def _look(folder: Path | None) -> tuple[Store, Census]:
    from grokspec.store import open_store
    from grokspec.store.census import take_census

    opened = open_store(folder)
    return opened, take_census(opened)


def _wanted(paths: list[Path] | None) -> dict[str, str]:
    """The fingerprint of today's code for the runs of these specs, under all their profiles."""
    if not paths:
        return {}
    from grokspec.cli.check import runs_in
    from grokspec.store.inventory import wanted_by

    return wanted_by(list(runs_in(paths)))


def _say_what_is_passed_over(census: Census) -> None:
    from grokspec.formatting import count

    if census.passed_over:
        files = count(len(census.passed_over), "file")
        typer.echo(f"passed over: {files}; `grokspec store verify` says why", err=True)


def _shown(opened: Store) -> str:
    from grokspec.formatting import shown_path

    return shown_path(opened.folder)
