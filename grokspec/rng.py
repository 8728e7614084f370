"""Random numbers, keyed by what they are for, so that changing one draw never shifts another."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np

Role = Literal["train", "test", "teacher", "init", "batches"]


def generator(seed: int, role: Role) -> np.random.Generator:
    """The generator of one seed for one role.

    The same seed gives the same data and the same initial weights whatever else the runs
    differ in (a paired design), and no role's draws depend on how many another role made.
    """
    import numpy as np

    return np.random.default_rng([seed, zlib.crc32(role.encode())])
