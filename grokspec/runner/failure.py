"""Why runs could not be trained: for the user in one line, for whoever mends it in a log."""

from __future__ import annotations

import contextlib
import traceback
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.errors import GrokspecError
from grokspec.files.atomic import write_whole
from grokspec.formatting import shown_path

if TYPE_CHECKING:
    from grokspec.spec import Run


class StackError(Exception):
    """An exception that stopped the training of a stack, as one line and as a traceback.

    Any exception can be raised while a model trains, but not every one can be sent to the process
    that waits for it. This one can.
    """

    def __init__(self, line: str, traceback: str) -> None:
        super().__init__(line, traceback)
        self.line, self.traceback = line, traceback

    @classmethod
    def of(cls, error: BaseException) -> StackError:
        """The same failure in a form that can be sent."""
        text = str(error)
        line = f"{type(error).__name__}: {text}" if text else type(error).__name__
        return cls(line, "".join(traceback.format_exception(error)))


class WorkerDiedError(BrokenProcessPool):
    """A worker process ended in the middle of a call."""


class TrainingError(GrokspecError):
    """Runs that could not be trained: each reason once, with its runs."""

    def __init__(
        self, failed: Iterable[tuple[Run, str]], logs: Mapping[str, Path] | None = None
    ) -> None:
        self.reasons: dict[str, str] = {}
        """The reason for each run, by its key."""
        self.logs = dict(logs or {})
        """The log with the traceback of a run's failure, by its key, for some runs."""
        by_reason: dict[str, list[Run]] = defaultdict(list)
        for run, reason in failed:
            self.reasons[run.key] = reason
            by_reason[reason].append(run)
        super().__init__(
            *(
                f"{_named(runs)} could not be trained: {reason}{self._log_of(runs)}"
                for reason, runs in by_reason.items()
            )
        )

    def of(self, runs: Iterable[Run]) -> TrainingError | None:
        """The part of the error about these runs, or None if there is none."""
        failed = [(run, self.reasons[run.key]) for run in runs if run.key in self.reasons]
        return TrainingError(failed, self.logs) if failed else None

    @property
    def tracebacks(self) -> list[str]:
        """What the logs say, one for each reason."""
        first = {reason: key for key, reason in reversed(self.reasons.items()) if key in self.logs}
        found = []
        for key in reversed(first.values()):
            with contextlib.suppress(OSError, ValueError):
                found.append(self.logs[key].read_text(encoding="utf-8"))
        return found

    def _log_of(self, runs: Sequence[Run]) -> str:
        log = next((self.logs[run.key] for run in runs if run.key in self.logs), None)
        return f" (traceback in {shown_path(log)})" if log else ""


class TooLargeError(TrainingError):
    """Runs that need more memory than there is; nothing was trained."""


def reason_for(error: BaseException) -> str:
    """The reason that a user reads."""
    if isinstance(error, StackError):
        return error.line
    if isinstance(error, GrokspecError | BrokenProcessPool):
        return str(error)
    return StackError.of(error).line


def write_log(store: Path, runs: Sequence[Run], device: str, error: BaseException) -> Path | None:
    """Write the traceback of an exception that stopped these runs to a file of the store.

    A later failure of the first of the runs replaces it. Returns None where there is no traceback
    to keep, or no place for it.
    """
    if isinstance(error, GrokspecError | BrokenProcessPool):  # they say all there is to know
        return None
    found = error if isinstance(error, StackError) else StackError.of(error)
    ids = "".join(f"  {run.id}\n" for run in runs)
    file = store / "logs" / f"{runs[0].key[:16]}.log"
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, f"on {device}, training\n{ids}\n{found.traceback}".encode())
        return file
    return None


def _named(runs: Sequence[Run]) -> str:
    rest = len(runs) - 1
    return runs[0].id + (f" and {rest} more" if rest else "")
