"""What a wrapper is: from gradients to gradients, before the optimizer moves the weights."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from grokspec.kinds import Kind

if TYPE_CHECKING:
    from torch import Tensor

    from grokspec.shapes import Scalars, Weights

    State = dict[str, Tensor]
    """What a wrapper keeps from step to step."""


class Wrapper(Kind, family="wrapper"):
    """The base of every wrapper.

    Gradients are those of the loss, without weight decay. ``scalars`` has the value of each
    stackable field for every run, [run], by name. Take these from it and not from ``self``, which
    is the wrapper of the first run of a stack.
    """

    capturable: ClassVar[bool] = True
    """Whether it does the same operations at every call, without waiting for the device."""

    @property
    def copies(self) -> int:
        """How many arrays of the size of all weights it keeps."""
        return 0

    def start(self, weights: Weights, seeds: Sequence[int], name: str) -> State:
        """The state before the first step.

        ``seeds`` are those of the runs, ``name`` is what the spec calls the wrapper.
        """
        return {}

    @abstractmethod
    def apply(
        self, gradients: Weights, weights: Weights, state: State, scalars: Scalars
    ) -> Weights:
        """The gradients to move by, as new tensors; the state is changed in place."""
