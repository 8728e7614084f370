"""What the command line shows: a plan's outlook, the progress of training, and what was done."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from grokspec.spec.source import shown_path

if TYPE_CHECKING:
    from grokspec.cli.outlook import Outlook, Rate, State
    from grokspec.plans import Plan
    from grokspec.runner import Report
    from grokspec.runner.dispatch import Progress

BETWEEN_LINES = 10.0
"""Seconds between two lines of progress in a pipe or a log."""

MOST_LINES = 20
"""Longer lists are shown in part."""

COLOURS: dict[State, str] = {"stored": "green", "stale": "yellow", "missing": "red"}


def show_outlook(outlook: Outlook, every: bool) -> None:
    """Print a plan's runs, the stacks that are left to train, and what they will take."""
    console = Console(highlight=False, soft_wrap=True)
    plan = outlook.plan
    states = list(outlook.states.values())
    counts = ", ".join(f"{states.count(s)} {s}" for s in COLOURS if s in states)
    console.print(f"[bold]{escape(plan.name)}[/], profile {escape(plan.profile)}: {counts}")
    console.print(f"store {escape(shown_path(outlook.folder))}\n")
    lines = [(outlook.states[run.key], run.id) for run in plan.runs]
    for state, name in _part(lines, every):
        console.print(f"  [{COLOURS[state]}]{state:<8}[/]{escape(name)}")
    _tell_rest(console, lines, every, "runs")
    if not outlook.stacks:
        console.print("\nnothing to train")
        return
    console.print()
    _print_stacks(console, outlook, every)
    console.print(
        f"\nabout {duration(outlook.seconds)} and {amount(outlook.memory, 'B')} of memory, "
        f"{outlook.lanes} at a time"
    )
    for rate in outlook.rates:
        console.print(f"  {escape(_told(rate))}")


def _print_stacks(console: Console, outlook: Outlook, every: bool) -> None:
    console.print("stacks to train")
    for stack in _part(outlook.stacks, every):
        first = stack.runs[0]
        flops, memory = amount(stack.price.flops, "flop"), amount(stack.price.memory, "B")
        more = " …" if stack.runs[1:] else ""
        console.print(
            f"  {len(stack.runs):>5} runs {flops:>11} {memory:>8}  "
            f"{first.experiment.engine}  {escape(first.id)}{more}"
        )
    _tell_rest(console, outlook.stacks, every, "stacks")


def _part(lines: Sequence, every: bool) -> Sequence:
    return lines if every or len(lines) <= MOST_LINES else lines[: MOST_LINES // 2]


def _tell_rest(console: Console, lines: Sequence, every: bool, what: str) -> None:
    rest = len(lines) - len(_part(lines, every))
    if rest:
        console.print(f"  … and {rest:,} more {what}, which --all shows")


def _told(rate: Rate) -> str:
    speed = f"{rate.engine} on {rate.device} does {amount(rate.flops_per_second, 'flop/s')}"
    if rate.results:
        return f"{speed}, by what {rate.results} results in the store took"
    return f"{speed}, by assumption: the store has no result of it yet"


@contextlib.contextmanager
def training_line() -> Iterator[Callable[[Progress], None]]:
    """A line on stderr that shows how far training is; gone once it is done.

    Where the line cannot be rewritten, in a pipe or a log, there is a new one every few seconds.
    """
    console = Console(stderr=True)
    if console.is_terminal:
        with _rewritten_line(console) as show:
            yield show
    else:
        yield _new_lines(console)


def _new_lines(console: Console) -> Callable[[Progress], None]:
    due = time.monotonic() + BETWEEN_LINES

    def show(progress: Progress) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + BETWEEN_LINES
            console.print(f"{progress.label}: {progress}", markup=False, soft_wrap=True)

    return show


@contextlib.contextmanager
def _rewritten_line(console: Console) -> Iterator[Callable[[Progress], None]]:
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f}%  {task.fields[runs]}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=1.0, visible=False, runs="", left="")

        def show(progress: Progress) -> None:
            bar.update(
                task,
                visible=True,
                description=escape(progress.label),
                completed=progress.fraction,
                runs=f"{progress.done_runs} of {progress.total_runs} runs",
                left="" if progress.eta is None else f"about {duration(progress.eta)} left",
            )

        yield show


def show_report(plan: Plan, report: Report, folder: Path) -> None:
    """Print what a training did, in a short table."""
    console = Console(highlight=False, soft_wrap=True)
    where = f" on {report.device}" if report.device else ""
    console.print(
        f"[bold]{escape(plan.name)}[/], profile {escape(plan.profile)}: "
        f"{len(plan.runs)} runs in {escape(shown_path(folder))}"
    )
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    table.add_row("trained", str(len(report.trained)), f"{duration(report.seconds)}{where}")
    if report.kept:
        table.add_row("kept", str(len(report.kept)), "in the store already")
    if report.stale:
        table.add_row("stale", str(len(report.stale)), "kept, although other code made them")
    if report.diverged:
        names = ", ".join(report.diverged[:3]) + (", …" if report.diverged[3:] else "")
        table.add_row("diverged", str(len(report.diverged)), escape(names))
    console.print(table)


def amount(value: float, unit: str) -> str:
    """A quantity with its unit and a decimal prefix: ``1.3 Gflop``."""
    for prefix in ("", "k", "M", "G", "T", "P"):
        if value < 999.5:
            return f"{value:.3g} {prefix}{unit}"
        value /= 1000
    return f"{value:.3g} E{unit}"


def duration(seconds: float) -> str:
    """A time as people say it: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 1:
        return "less than a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
