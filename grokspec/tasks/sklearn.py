"""The small data sets that come with scikit-learn: iris, wine, breast cancer, diabetes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import Field

from grokspec.errors import GrokspecError
from grokspec.tasks._fixed_set import FixedSet

if TYPE_CHECKING:
    import numpy as np


class Sizes(NamedTuple):
    """What is known of a data set without scikit-learn."""

    examples: int
    inputs: int
    outputs: int


SETS = {
    "iris": Sizes(150, 4, 3),
    "wine": Sizes(178, 13, 3),
    "breast_cancer": Sizes(569, 30, 2),
    "diabetes": Sizes(442, 10, 1),
}


class Sklearn(FixedSet):
    """A data set that scikit-learn brings; nothing is downloaded.

    ``iris`` has 150 examples of 4 inputs in 3 classes, ``wine`` 178 of 13 in 3, ``breast_cancer``
    569 of 30 in 2; their targets are one-hot. ``diabetes`` has 442 examples of 10 inputs, and a
    real target. Every input, and that target, has mean 0 and variance 1 over the whole set. The
    digits are a task of their own, `digits`.
    """

    kind: Literal["sklearn"] = "sklearn"
    dataset: Annotated[
        Literal["iris", "wine", "breast_cancer", "diabetes"],
        Field(description="Which data set.", examples=["iris"]),
    ]

    @property
    def available(self) -> int:
        return SETS[self.dataset].examples

    @property
    def input_size(self) -> int:
        return SETS[self.dataset].inputs

    @property
    def output_size(self) -> int:
        return SETS[self.dataset].outputs

    def examples(self) -> tuple[np.ndarray, np.ndarray]:
        """All examples; a GrokspecError if scikit-learn is not installed."""
        import numpy as np

        try:
            from sklearn import datasets
        except ImportError as error:
            raise GrokspecError(
                'task "sklearn" needs scikit-learn, which has the data: '
                'pip install "grokspec[sklearn]"'
            ) from error
        inputs, targets = getattr(datasets, f"load_{self.dataset}")(return_X_y=True)
        if self.output_size == 1:
            return _standardized(inputs), _standardized(targets[:, None])
        return _standardized(inputs), np.eye(self.output_size)[targets]


def _standardized(columns: np.ndarray) -> np.ndarray:
    return (columns - columns.mean(0)) / columns.std(0)
