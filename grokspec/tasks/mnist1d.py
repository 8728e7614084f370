"""MNIST-1D: signals of 40 numbers in the place of images (Greydanus and Kobak, 2024)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal

from grokspec.errors import GrokspecError
from grokspec.tasks._fixed_set import FixedSet

if TYPE_CHECKING:
    import numpy as np

CLASSES, LENGTH = 10, 40
EXAMPLES = 5_000


class Mnist1d(FixedSet):
    """Which digit a signal stands for: a template of 12 numbers, padded, scaled, moved and noisy.

    The 5,000 signals are those that the package mnist1d makes by its own seed, with mean 0 and
    variance 1 over all numbers. Nothing is downloaded; they are made anew in each process, which
    takes some seconds. Targets are one-hot rows.
    """

    kind: Literal["mnist1d"] = "mnist1d"

    @property
    def available(self) -> int:
        return EXAMPLES

    @property
    def input_size(self) -> int:
        return LENGTH

    @property
    def output_size(self) -> int:
        return CLASSES

    def examples(self) -> tuple[np.ndarray, np.ndarray]:
        """All signals; a GrokspecError if the package is not installed."""
        import numpy as np

        signals, digits = _made(EXAMPLES)
        return signals, np.eye(CLASSES)[digits]


@functools.lru_cache(maxsize=2)
def _made(examples: int) -> tuple[np.ndarray, np.ndarray]:
    """The signals and their digits, by the package; it seeds the global generators."""
    import numpy as np
    import torch

    from grokspec.streams import RandomStream

    try:
        from mnist1d.data import get_dataset_args, make_dataset
    except ImportError as error:
        raise GrokspecError(
            'task "mnist1d" needs the package mnist1d, which makes the signals: '
            'pip install "grokspec[mnist1d]"'
        ) from error
    arguments = get_dataset_args()
    arguments.num_samples = examples
    with RandomStream(arguments.seed, torch.device("cpu")).used():
        made = make_dataset(arguments)
    signals, digits = (np.concatenate([made[part], made[f"{part}_test"]]) for part in "xy")
    return signals, digits
