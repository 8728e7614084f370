"""`grokspec run`: trains the runs that the store does not have."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grokspec.cli.computing import Cluster, Scheduler, Shard, TimeLimit, cluster_of
from grokspec.cli.options import (
    Device,
    Limit,
    Profile,
    SeedsMovedBy,
    SpecPath,
    Stale,
    StoreFolder,
    Traceback,
    Workers,
)
from grokspec.errors import visible
from grokspec.formatting import count, duration, shown_path
from grokspec.runner.portion import portion_of
from grokspec.spec import DEFAULT_PROFILE, LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grokspec.runner import TrainingSummary
    from grokspec.spec import Run, SpecFile
    from grokspec.store import Store

MORE_TO_DO = 75
"""The exit code of a training that a limit on its time has ended: "try again", as mail has it."""


def run(
    spec: SpecPath,
    profile: Profile = DEFAULT_PROFILE,
    seeds_moved_by: SeedsMovedBy = 0,
    store: StoreFolder = None,
    device: Device = "auto",
    workers: Workers = None,
    stale: Stale = "rerun",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Train all runs again, also those in the store.")
    ] = False,
    scheduler: Scheduler = None,
    cluster: Cluster = None,
    shard: Shard = None,
    time_limit: TimeLimit = None,
    limit: Limit = LIMIT,
    traceback: Traceback = False,
) -> None:
    """Train the runs of a spec that the store does not have."""
    from grokspec.spec import read_spec
    from grokspec.store import open_store

    read, opened = read_spec(spec, profile, limit, seeds_moved_by=seeds_moved_by), open_store(store)
    if read.recording is not None:
        typer.echo(nothing_to_train(read))
        return
    runs = read.runs if shard is None else portion_of(read.runs, shard)
    with cluster_of(scheduler, cluster, workers) as client:
        summary = train(
            read,
            opened,
            traceback,
            runs,
            device=device,
            workers=workers,
            stale=stale,
            fresh=fresh,
            executor=client,
            time_limit=math.inf if time_limit is None else time_limit,
        )
    _show(read, summary, opened.folder, len(runs))
    if summary.left:
        raise typer.Exit(_code_for(summary))


def _has_moved(summary: TrainingSummary) -> bool:
    """Whether something was trained, so that the next call gets further, too."""
    return bool(summary.trained or summary.by_others)


def _code_for(summary: TrainingSummary) -> int:
    """The exit code if runs are left; another one if the next call might get no further."""
    if _has_moved(summary):
        return MORE_TO_DO
    typer.echo(
        f"no run could be trained in this time, and {len(summary.left)} are left; `grokspec plan` "
        "says how long they take",
        err=True,
    )
    return 1


def nothing_to_train(spec: SpecFile) -> str:
    """What is said of a spec whose runs were recorded elsewhere."""
    files = count(len(spec.recording.sources), "file") if spec.recording else ""
    runs = count(len(spec.runs), "run")
    return visible(f"{spec.name}: {runs}, recorded elsewhere in {files}; nothing to train")


def train(
    spec: SpecFile,
    store: Store,
    traceback: bool,
    runs: Sequence[Run] | None = None,
    **options: Any,
) -> TrainingSummary:
    """Call `train_runs` with these options and a progress line.

    With ``traceback``, print the traceback of what stopped the training.
    """
    from grokspec.runner import TrainingError, train_runs
    from grokspec.runner.progress import progress_line

    try:
        with progress_line() as show:
            chosen = spec.runs if runs is None else runs
            return train_runs(chosen, store, label=spec.name, progress=show, **options)
    except TrainingError as error:
        for text in error.tracebacks if traceback else ():
            typer.echo(text, err=True)
        raise


def _show(spec: SpecFile, summary: TrainingSummary, folder: Path, runs: int) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True)
    where = f" on {summary.device}" if summary.device else ""
    console.print(
        f"[bold]{escape(spec.name)}[/], profile {escape(spec.profile)}: "
        f"{_some(runs, len(spec.runs))} runs in {escape(shown_path(folder))}"
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
    if summary.left:
        more = "; the same command goes on" if _has_moved(summary) else ""
        table.add_row("left", str(len(summary.left)), f"no time{more}")
    console.print(table)


def _some(part: int, whole: int) -> str:
    return str(whole) if part == whole else f"{part} of {whole}"
