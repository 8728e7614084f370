"""`grokspec run`: trains the runs that the store does not have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grokspec.cli.options import (
    Device,
    Limit,
    Profile,
    SpecPath,
    Stale,
    StoreFolder,
    Traceback,
    Workers,
)
from grokspec.errors import visible
from grokspec.formatting import count, duration, shown_path
from grokspec.spec import DEFAULT_PROFILE, LIMIT

if TYPE_CHECKING:
    from grokspec.runner import TrainingSummary
    from grokspec.spec import SpecFile
    from grokspec.store import Store


def run(
    spec: SpecPath,
    profile: Profile = DEFAULT_PROFILE,
    store: StoreFolder = None,
    device: Device = "auto",
    workers: Workers = None,
    stale: Stale = "rerun",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Train all runs again, also those in the store.")
    ] = False,
    limit: Limit = LIMIT,
    traceback: Traceback = False,
) -> None:
    """Train the runs of a spec that the store does not have."""
    from grokspec.spec import read_spec
    from grokspec.store import open_store

    read, opened = read_spec(spec, profile, limit), open_store(store)
    if read.recording is not None:
        typer.echo(nothing_to_train(read))
        return
    summary = train(
        read, opened, traceback, device=device, workers=workers, stale=stale, fresh=fresh
    )
    _show(read, summary, opened.folder)


def nothing_to_train(spec: SpecFile) -> str:
    """What is said of a spec whose runs were recorded elsewhere."""
    files = count(len(spec.recording.sources), "file") if spec.recording else ""
    runs = count(len(spec.runs), "run")
    return visible(f"{spec.name}: {runs}, recorded elsewhere in {files}; nothing to train")


def train(spec: SpecFile, store: Store, traceback: bool, **options: Any) -> TrainingSummary:
    """Call `train_runs` with these options and a progress line.

    With ``traceback``, print the traceback of what stopped the training.
    """
    from grokspec.runner import TrainingError, train_runs
    from grokspec.runner.progress import progress_line

    try:
        with progress_line() as show:
            return train_runs(spec.runs, store, label=spec.name, progress=show, **options)
    except TrainingError as error:
        for text in error.tracebacks if traceback else ():
            typer.echo(text, err=True)
        raise


def _show(spec: SpecFile, summary: TrainingSummary, folder: Path) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True)
    where = f" on {summary.device}" if summary.device else ""
    console.print(
        f"[bold]{escape(spec.name)}[/], profile {escape(spec.profile)}: "
        f"{len(spec.runs)} runs in {escape(shown_path(folder))}"
    )
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    table.add_row("trained", str(len(summary.trained)), f"{duration(summary.seconds)}{where}")
    if summary.kept:
        table.add_row("kept", str(len(summary.kept)), "in the store already")
    if summary.stale:
        table.add_row("stale", str(len(summary.stale)), "made by other code, but kept")
    if summary.diverged:
        names = ", ".join(summary.diverged[:3]) + (", …" if summary.diverged[3:] else "")
        table.add_row("diverged", str(len(summary.diverged)), escape(names))
    if summary.ended:
        table.add_row("ended", str(len(summary.ended)), "before the last step, by until")
    console.print(table)
