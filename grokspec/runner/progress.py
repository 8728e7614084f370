"""The progress of training, and the line that shows it: in a notebook, on a terminal, in a log."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

from grokspec.formatting import duration
from grokspec.html import card, escaped

if TYPE_CHECKING:
    from rich.console import Console

SECONDS_BETWEEN_LINES = 10.0
"""How often a new line appears where lines cannot be rewritten (a pipe or a log)."""


@dataclass(frozen=True)
class Progress:
    """How much of the runs to train is done."""

    label: str
    """What is trained: the name of one spec or of several."""
    done_runs: int
    total_runs: int
    fraction: float
    """Share of the flop that is done, from 0 to 1; stacks in training count in part."""
    seconds: float
    """Seconds taken so far."""
    eta: float | None
    """Estimated seconds that remain; None while nothing is known."""
    waiting_for: str = ""
    """The processes that train all that is left."""
    workers: str = ""
    """Who trains, if that does not go without saying: ``4 workers``."""

    @property
    def runs(self) -> str:
        """``3 of 40 runs``."""
        return f"{self.done_runs} of {self.total_runs} runs"

    @property
    def remaining(self) -> str:
        """``about 12 min left``, or what is waited for; empty while nothing is known."""
        if self.waiting_for:
            return f"waiting for {self.waiting_for}"
        return "" if self.eta is None else f"about {duration(self.eta)} left"

    def __str__(self) -> str:
        done = f"{self.runs}, {self.fraction:.0%} in {duration(self.seconds)}"
        return f"{self.label}: {', '.join(filter(None, [done, self.remaining, self.workers]))}"

    def _repr_html_(self) -> str:
        bar = f'<progress max="1" value="{self.fraction:.4f}"></progress>'
        words = ", ".join(filter(None, [self.runs, self.remaining, self.workers]))
        return card(self.label, f"{bar} {escaped(words)}")


Show = Callable[[Progress], None]


@contextlib.contextmanager
def progress_line(file: TextIO | None = None) -> Iterator[Show]:
    """Yield a function that shows progress: in a notebook, or on ``file`` (default: stderr).

    On a terminal the line is rewritten, and removed at the end; elsewhere a new line appears every
    few seconds.
    """
    if file is None and in_notebook():
        with _in_notebook() as show:
            yield show
        return
    from rich.console import Console

    console = Console(file=file or sys.stderr)
    if console.is_terminal:
        with _rewritten(console) as show:
            yield show
    else:
        yield _line_by_line(console)


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


@contextlib.contextmanager
def _in_notebook() -> Iterator[Show]:
    from IPython.display import HTML, display

    handle: Any = display(HTML(""), display_id=True)
    try:
        yield lambda progress: handle.update(HTML(progress._repr_html_()))
    finally:
        handle.update(HTML(""))


@contextlib.contextmanager
def _rewritten(console: Console) -> Iterator[Show]:
    from rich.markup import escape
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f}%  {task.fields[runs]}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[remaining]}"),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=1.0, visible=False, runs="", remaining="")

        def show(progress: Progress) -> None:
            bar.update(
                task,
                visible=True,
                description=escape(progress.label),
                completed=progress.fraction,
                runs=progress.runs,
                remaining=", ".join(filter(None, [progress.remaining, progress.workers])),
            )

        yield show


def _line_by_line(console: Console) -> Show:
    due = time.monotonic() + SECONDS_BETWEEN_LINES

    def show(progress: Progress) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + SECONDS_BETWEEN_LINES
            console.print(str(progress), markup=False, highlight=False, soft_wrap=True)

    return show
