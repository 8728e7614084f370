"""Shared by the tasks with two labels, −1 and 1: as one number, or as two classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from grokspec.tasks.base import Task

if TYPE_CHECKING:
    import numpy as np


class Binary(Task):
    """A task whose labels are −1 and 1."""

    target_rows = "one-hot"

    labels: Annotated[
        Literal["sign", "classes"],
        Field(
            description="One output that is −1 or 1, or two classes, one-hot: the first for −1, as "
            "cross-entropy needs them."
        ),
    ] = "sign"

    @property
    def output_size(self) -> int:
        return 1 if self.labels == "sign" else 2

    @property
    def _baseline(self) -> float:
        """The mean squared target: 1, or ½ over two classes, before the label scale."""
        return self.label_scale**2 / self.output_size

    def _targets(self, signs: np.ndarray) -> np.ndarray:
        """Targets [example, output] of signs [example]."""
        import numpy as np

        column = signs[:, None]
        rows = column if self.labels == "sign" else np.hstack([column < 0, column > 0])
        return self.label_scale * rows
