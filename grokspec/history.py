"""What one run leaves behind: the recorded steps and, for each probed quantity, its values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

Status = Literal["finished", "diverged"]


@dataclass(frozen=True)
class History:
    """The recorded life of one run.

    ``steps`` is int64 [record]. Each quantity is float64: ``()`` if it is measured once, at the
    start, else ``[record, ...]``. A diverged run keeps what it recorded before ``diverged_at``
    (the step after which a recorded number was not finite) and NaN from there on.
    """

    steps: np.ndarray
    quantities: dict[str, np.ndarray]
    status: Status = "finished"
    diverged_at: int | None = None
    seconds: float = field(default=0.0, compare=False)  # this run's share of its stack's time

    def taking(self, seconds: float) -> History:
        """The same history with its share of the time noted."""
        return replace(self, seconds=seconds)
