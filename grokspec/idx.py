"""The IDX format, in which MNIST is published: a header of sizes, then the numbers, one byte each.

The header is two zero bytes, a type (8: unsigned bytes), the number of dimensions, and the size of
each as a big-endian 32-bit number; so the first four bytes, its magic number, are 0x00000803 for
images and 0x00000801 for labels.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

UNSIGNED_BYTE = 8


def read_idx(content: bytes, dimensions: int) -> np.ndarray:
    """The array that an IDX file of unsigned bytes holds, in its shape.

    Raises ValueError, with the reason, for other content or another number of dimensions.
    """
    import numpy as np

    expected = bytes([0, 0, UNSIGNED_BYTE, dimensions])
    if (magic := content[:4]) != expected:
        raise ValueError(f"begins with 0x{magic.hex()}, not with 0x{expected.hex()}")
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise ValueError(f"ends within its header, after {len(content)} bytes")
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    if (there := len(content) - start) != math.prod(shape):
        sides = " × ".join(map(str, shape))
        raise ValueError(f"holds {there:,} numbers, not the {sides} that its header says")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
