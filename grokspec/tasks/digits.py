"""The handwritten digits of scikit-learn: 1,797 images of 8×8 pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grokspec.errors import GrokspecError
from grokspec.tasks._images import Images

if TYPE_CHECKING:
    import numpy as np

SIDE, BRIGHTEST = 8, 16


class Digits(Images):
    """Which digit an image of `sklearn.datasets.load_digits` shows; nothing is downloaded.

    The images are part of the test set of "Optical recognition of handwritten digits" (UCI). A
    pixel is a count from 0 to 16, divided by 16 here.
    """

    kind: Literal["digits"] = "digits"

    available = 1_797

    @property
    def input_size(self) -> int:
        return SIDE**2

    def images(self) -> tuple[np.ndarray, np.ndarray]:
        """All images and their digits; a GrokspecError if scikit-learn is not installed."""
        try:
            from sklearn.datasets import load_digits
        except ImportError as error:
            raise GrokspecError(
                'task "digits" needs scikit-learn, whose images it takes: '
                'pip install "grokspec[digits]"'
            ) from error
        images, digits = load_digits(return_X_y=True)
        return images / BRIGHTEST, digits
