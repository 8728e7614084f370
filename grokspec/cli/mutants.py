"""`grokspec mutants`: known faults put into the program, and which claims notice them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokspec.cli.options import StoreFolder
from grokspec.cli.writing import writing
from grokspec.errors import GrokspecError

if TYPE_CHECKING:
    from rich.console import Console

    from grokspec.mutants.table import KillTable, Outcome, Tried

Write = Callable[["KillTable"], str]


def mutants(
    claims: Annotated[
        Path, typer.Argument(metavar="CLAIMS", help="The folder of the claims that judge.")
    ] = Path("claims"),
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", metavar="ID", help="Only this fault; may be given several times."),
    ] = None,
    faults: Annotated[
        Path | None,
        typer.Option("--faults", metavar="FILE", help="A file of faults, instead of grokspec's."),
    ] = None,
    without_training: Annotated[
        bool,
        typer.Option("--without-training", help="Only faults that stored results can decide."),
    ] = False,
    store: StoreFolder = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Faults at a time; else one a core.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the table to a .md or .json file, too."),
    ] = None,
) -> None:
    """Put known faults into the program, one at a time, and see which claims turn.

    Each is put into a copy of the program, and what it touches is trained anew in a store that is
    gone afterwards. The exit code is 1 if a fault goes unnoticed that does not say why it must.
    """
    from grokspec.mutants.faults import SHIPPED, chosen, read_faults
    from grokspec.mutants.selection import select
    from grokspec.mutants.trying import try_all
    from grokspec.runner.machine import cores
    from grokspec.store import open_store

    file, write = faults or SHIPPED, _writer(output)
    trials = select(chosen(read_faults(file), fault or ()), claims, file)
    show = _printer(max(len(trial.fault.id) for trial in trials))
    table = try_all(
        trials,
        open_store(store),
        show,
        train=not without_training,
        workers=workers or min(cores(), len(trials)),
    )
    if output is not None:
        with writing(output):
            output.write_text(write(table), encoding="utf-8")
    left_out = len(trials) - len(table.faults)
    typer.echo(table.summary + (f"; {left_out} not judged without training" if left_out else ""))
    if any(tried.failed for tried in table.faults):
        raise typer.Exit(1)


def _writer(output: Path | None) -> Write:
    """What makes the content of a file of this name; a GrokspecError before anything is tried."""
    writers: dict[str, Write] = {
        ".md": lambda table: table.as_markdown(),
        ".json": lambda table: table.as_json(),
    }
    suffix = ".md" if output is None else output.suffix
    if suffix not in writers:
        raise GrokspecError(f"{output}: the kill table is written as .md or .json; name it so")
    return writers[suffix]


def _printer(width: int) -> Callable[[Tried], None]:
    """Print a head, and give back what prints the line of a fault below it as it ends.

    The ids of the faults are ``width`` characters at most.
    """
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    colours: dict[Outcome, str] = {"caught": "green", "explained": "yellow"}
    head = (f"[dim]{title}[/]" for title in ("fault", "what is wrong", "caught by", "s"))
    _print_line(console, width, *head)

    def show(tried: Tried) -> None:
        colour = colours.get(tried.outcome, "red")
        _print_line(
            console,
            width,
            escape(tried.id),
            escape(tried.says),
            f"[{colour}]{escape(tried.catchers)}[/]",
            f"{tried.seconds:.0f}",
        )

    return show


def _print_line(console: Console, width: int, *cells: str) -> None:
    """Print one line of the table, in columns that are as wide on every line; so is the first."""
    from rich.table import Table

    line = Table.grid(padding=(0, 2, 0, 0), expand=True)
    line.add_column(width=width)
    for share in (7, 2):
        line.add_column(ratio=share)
    line.add_column(width=4, justify="right")
    line.add_row(*cells)
    console.print(line)
