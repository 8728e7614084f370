"""What is told of runs that could not be trained: each reason once, with the runs it stopped."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from grokspec.errors import GrokspecError

if TYPE_CHECKING:
    from grokspec.plans import Run


class TrainingError(GrokspecError):
    """Runs that could not be trained; ``reasons`` has the reason for each, by its key."""

    def __init__(self, failed: Iterable[tuple[Run, str]]) -> None:
        self.reasons: dict[str, str] = {}
        stopped: dict[str, list[Run]] = defaultdict(list)
        for run, reason in failed:
            self.reasons[run.key] = reason
            stopped[reason].append(run)
        super().__init__(
            *(f"{_named(runs)} could not be trained: {reason}" for reason, runs in stopped.items())
        )

    def of(self, runs: Iterable[Run]) -> TrainingError | None:
        """The part of it that concerns some runs, or None if it does not."""
        failed = [(run, self.reasons[run.key]) for run in runs if run.key in self.reasons]
        return TrainingError(failed) if failed else None


def _named(runs: Sequence[Run]) -> str:
    """The first of some runs, and how many more there are."""
    rest = len(runs) - 1
    return runs[0].id + (f" and {rest} more" if rest else "")
