"""`grokspec store`: what lies in a store, and commands that tidy, check and merge it."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokspec.cli.options import StoreFolder
from grokspec.errors import GrokspecError
from grokspec.files.folders import named_path

if TYPE_CHECKING:
    from grokspec.store import Store
    from grokspec.store.census import Census

AGES = {"m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}
"""Seconds in a minute, an hour, a day and a week."""


def age(text: str) -> float:
    """An age in seconds: of "30d" or "1.5h". Raises a GrokspecError for anything else."""
    number, unit = text[:-1], text[-1:]
    if not re.fullmatch(r"\d+(\.\d+)?", number, re.ASCII) or unit not in AGES:
        raise GrokspecError(
            f"--older-than {text}: must be a number with a unit, m (minutes), h, d or w (weeks); "
            "30d are 30 days"
        )
    return float(number) * AGES[unit]


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


@store.command()
def rm(
    store: StoreFolder = None,
    stale: Annotated[
        bool, typer.Option("--stale", help="Results that other code made than today's.")
    ] = False,
    superseded: Annotated[
        bool,
        typer.Option("--superseded", help="Older results of a run by the same code."),
    ] = False,
    spec: Annotated[
        list[str] | None,
        typer.Option("--spec", metavar="NAME", help="Only of this spec. May be repeated."),
    ] = None,
    older_than: Annotated[
        float | None,
        typer.Option(
            "--older-than", metavar="AGE", parser=age, help="Only what is older: 30d, 12h, 2w."
        ),
    ] = None,
    code_of: Specs = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be removed, and end.")
    ] = False,
) -> None:
    """Remove results, after showing which; with --stale and --superseded both kinds."""
    from grokspec.cli import store_tables as tables
    from grokspec.formatting import amount
    from grokspec.store.removal import Choice, plan_removal, remove
    from grokspec.store.staleness import Staleness

    before = time.time() - older_than if older_than is not None else None
    choice = Choice(stale, superseded, frozenset(spec or ()), before)
    if choice.is_empty:
        raise GrokspecError(
            "say what to remove: --stale, --superseded, --spec NAME, --older-than 30d, or several "
            "of them; `grokspec store list` shows what there is"
        )
    opened, census = _look(store)
    removal = plan_removal(opened, census, Staleness(census, _wanted(code_of)), choice)
    tables.show_removal(removal)
    if removal.unknown:
        tables.say_what_is_unknown(removal.unknown)
    if not (removal.results or removal.weights):
        typer.echo(f"{_shown(opened)}: nothing to remove")
        return
    size = amount(removal.bytes, tables.BYTES)
    if dry_run:
        typer.echo(f"would remove about {size} from {_shown(opened)}")
        return
    if not yes and not _confirmed(f"Remove about {size} from {_shown(opened)} for good?"):
        typer.echo("nothing is removed")
        raise typer.Exit(1)
    tables.show_removed(remove(opened, removal))


@store.command()
def verify(
    store: StoreFolder = None,
    remove_damaged: Annotated[
        bool,
        typer.Option("--remove-damaged", help="Move damaged files to the store's folder damaged."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read every file of the store to its end; the exit code is 1 if one is damaged or lacking."""
    from grokspec.cli import store_tables as tables
    from grokspec.store import open_store
    from grokspec.store.verification import set_aside
    from grokspec.store.verification import verify as verify_store

    opened = open_store(store)
    found = verify_store(opened)
    moved = set_aside(opened, found.problems) if remove_damaged else ()
    if as_json:
        typer.echo(tables.as_json(found))
    else:
        tables.show_verification(found, moved, _shown(opened))
    if found.has_damage:
        raise typer.Exit(1)


@store.command()
def merge(
    other: Annotated[
        Path, typer.Argument(metavar="OTHER", parser=named_path, help="Folder of another store.")
    ],
    store: StoreFolder = None,
) -> None:
    """Copy the results of another store that this one lacks; the exit code is 1 if not all came."""
    from grokspec.cli import store_tables as tables
    from grokspec.store import Store, open_store
    from grokspec.store.merging import merge as merge_stores

    opened, source = open_store(store), Store(other)
    merged = merge_stores(opened, source)
    tables.show_merged(merged, _shown(opened), _shown(source))
    if not merged.is_complete:
        raise typer.Exit(1)


def _confirmed(question: str) -> bool:
    """Whether the user says yes. Without a user to ask, nobody does."""
    try:
        return typer.confirm(question)
    except typer.Abort:
        typer.echo("no answer; --yes removes without asking", err=True)
        return False


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
