"""Random numbers keyed by their purpose, so that no draw shifts another."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

Role = Literal[
    "train", "test", "teacher", "init", "batches", "dropout", "noise", "fresh_noise", "probe",
    "gradient_noise", "intervention",
]  # fmt: skip


def generator(seed: int, role: Role, *more: int) -> np.random.Generator:
    """The generator of one seed for one role, or for one of several uses in it by ``more``.

    The same seed gives the same data and the same initial weights, however else runs differ (a
    paired design), and the draws for a role do not depend on how many were made for another.
    """
    import numpy as np

    return np.random.default_rng([seed, zlib.crc32(role.encode()), *more])
