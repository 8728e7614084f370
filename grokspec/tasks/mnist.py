"""MNIST (Fig. 6a): the 10,000 images of its test set, fetched from a public mirror.

The two files are in the IDX format, gzipped: four bytes that give the type and the number of
dimensions, the length of each dimension as a big-endian integer of four bytes, then the numbers.
"""

from __future__ import annotations

import functools
import gzip
import math
import struct
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator

from grokspec.files.downloads import PublicFile, data_folder
from grokspec.files.inputs import FileError
from grokspec.kinds import invalid
from grokspec.tasks._images import Images

if TYPE_CHECKING:
    import numpy as np

SIDE, BRIGHTEST = 28, 255
UNSIGNED_BYTE = 8
"""The code of this type of number in an IDX file."""

MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist"
IMAGES = PublicFile(
    name="mnist/t10k-images-idx3-ubyte.gz",
    url=f"{MIRROR}/t10k-images-idx3-ubyte.gz",
    sha256="8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
)
LABELS = PublicFile(
    name="mnist/t10k-labels-idx1-ubyte.gz",
    url=f"{MIRROR}/t10k-labels-idx1-ubyte.gz",
    sha256="f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
)


class Mnist(Images):
    """Which digit an image of MNIST shows.

    Images to train and to test on are both drawn from MNIST's test set, so that only 1.6 MB have
    to be fetched. Brightness is divided by 255. For a ``side`` below 28, squares of pixels are
    averaged.
    """

    kind: Literal["mnist"] = "mnist"
    side: Annotated[
        int,
        Field(ge=1, description="Pixels a side after averaging; 28 leaves the images as they are."),
    ] = 14

    available = 10_000

    @field_validator("side")
    @classmethod
    def _squares_are_whole(cls, side: int) -> int:
        if SIDE % side:
            raise invalid(f"{SIDE} pixels a side cannot be averaged to this; use 28, 14 or 7")
        return side

    @property
    def input_size(self) -> int:
        return self.side**2

    def images(self) -> tuple[np.ndarray, np.ndarray]:
        """All images and their digits.

        Raises a GrokspecError if a file is missing and cannot be fetched, or is not the right one.
        """
        images, digits = _read(IMAGES, 3), _read(LABELS, 1)
        return averaged(images, self.side) / BRIGHTEST, digits


def averaged(images: np.ndarray, side: int) -> np.ndarray:
    """Means over squares of pixels, ``side`` squares along each side: [example, side²]."""
    square = images.shape[-1] // side
    return images.reshape(-1, side, square, side, square).mean((2, 4)).reshape(-1, side**2)


def _read(file: PublicFile, dimensions: int) -> np.ndarray:
    try:
        return _unpacked(file.content(), dimensions)
    except (ValueError, OSError, EOFError) as error:  # OSError and EOFError are gzip's
        raise FileError(data_folder() / file.name, str(error)) from error


@functools.lru_cache(maxsize=2)
def _unpacked(content: bytes, dimensions: int) -> np.ndarray:
    """The numbers of a gzipped IDX file; cached, so that a process unpacks it once."""
    return read_idx(gzip.decompress(content), dimensions)


def read_idx(content: bytes, dimensions: int) -> np.ndarray:
    """The array in an IDX file of unsigned bytes.

    Raises ValueError, with the reason, if the content is not such a file or the array has another
    number of dimensions.
    """
    import numpy as np

    expected = bytes([0, 0, UNSIGNED_BYTE, dimensions])
    if (magic := content[:4]) != expected:
        raise ValueError(f"begins with 0x{magic.hex()}, not with 0x{expected.hex()}")
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise ValueError(f"ends within its header, after {len(content)} bytes")
    shape = struct.unpack(f">{dimensions}I", content[4:start])
    if (found := len(content) - start) != math.prod(shape):
        sides = " × ".join(map(str, shape))
        raise ValueError(f"holds {found:,} numbers, not the {sides} that its header says")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
