"""How far training is: a line that is rewritten, in a notebook as on a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from grokspec.notebook.html import card, escaped

if TYPE_CHECKING:
    from grokspec.runner.dispatch import Progress


def training_line() -> contextlib.AbstractContextManager[Callable[[Progress], None]]:
    """What shows how far training is; gone once it is done."""
    if in_notebook():
        return _in_notebook()
    from grokspec.cli.display import training_line as on_terminal

    return on_terminal()


@contextlib.contextmanager
def _in_notebook() -> Iterator[Callable[[Progress], None]]:
    from IPython.display import HTML, display

    handle: Any = display(HTML(""), display_id=True)
    try:
        yield lambda progress: handle.update(HTML(progress_as_html(progress)))
    finally:
        handle.update(HTML(""))


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this, and not a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


def progress_as_html(progress: Progress) -> str:
    """A bar with what is being trained, how much of it is done and how long it will take."""
    from grokspec.cli.display import duration

    left = "" if progress.eta is None else f", about {duration(progress.eta)} left"
    told = f"{progress.done_runs} of {progress.total_runs} runs{left}"
    bar = f'<progress max="1" value="{progress.fraction:.4f}"></progress>'
    return card(progress.label, f"{bar} {escaped(told)}")
