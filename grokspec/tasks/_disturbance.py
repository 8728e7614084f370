"""Noise and wrong labels on the targets to train on; the test set stays as it was drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from grokspec.tasks.base import Data, Task


def disturbed(task: Task, data: Data, source: np.random.Generator) -> Data:
    """The data set with what ``label_noise`` and ``corrupted_labels`` of its task do to it.

    The draws do not depend on these two numbers. So of two runs on the same data the one with the
    larger share has all wrong labels of the other, and noise of another strength is a multiple.
    """
    import numpy as np

    clean = data.train_targets
    corrupted = np.zeros(len(clean), dtype=bool)
    if not task.is_disturbed:
        return replace(data, corrupted=corrupted, clean_targets=clean)
    order = source.permutation(len(clean))
    wrong = wrong_labels(clean, data.test_targets, source)
    noise = source.standard_normal(clean.shape)
    corrupted[order[: round(task.corrupted_labels * len(clean))]] = True
    targets = np.where(corrupted[:, None], wrong, clean)
    targets = targets + task.label_scale * task.label_noise * noise
    return replace(data, train_targets=targets, corrupted=corrupted, clean_targets=clean)


def wrong_labels(
    targets: np.ndarray, others: np.ndarray, source: np.random.Generator
) -> np.ndarray:
    """For each row of targets [example, output] a wrong one in its place.

    A class, in one-hot rows, becomes another class, all others being equally likely. A number that
    is one of two in targets and others together, such as a sign, becomes the other one. Any other
    target becomes that of another example, drawn at random.
    """
    import numpy as np

    examples, outputs = targets.shape
    if _are_one_hot(targets):
        places = np.arange(outputs) + source.integers(1, outputs, (examples, 1))
        return np.take_along_axis(targets, places % outputs, axis=1)
    values = np.unique(np.concatenate([targets, others]))
    if outputs == 1 and len(values) == 2:
        return np.where(targets == values[0], values[1], values[0])
    away = source.integers(1, max(examples, 2), examples)  # a single example keeps its target
    return targets[(np.arange(examples) + away) % examples]


def _are_one_hot(targets: np.ndarray) -> bool:
    """Whether each row has one large number, the same in all rows, and else one small number."""
    high, low = targets.max(), targets.min()
    largest = targets == high
    return bool(
        targets.shape[1] > 1 and (largest.sum(1) == 1).all() and (largest | (targets == low)).all()
    )
