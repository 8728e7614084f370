"""A training step as one CUDA graph.

A step of a small network is some dozens of kernels that each take microseconds, less than it takes
to launch them. A graph launches them all at once.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

WARM_UP = 3
"""How many steps are taken before one is captured, for libraries to set themselves up. They are
steps of the training as any other."""

Step = Callable[..., None]


class NotCaptured(UserWarning):
    """Steps go on one kernel at a time, which is slower and comes to the same."""


def captured(step: Step, device: torch.device, state: Callable[[], Iterable[Tensor]]) -> Step:
    """The step as it is taken fastest on a device: on CUDA from a graph, elsewhere as it is.

    ``step`` must do the same with the same tensors at every call, and change in place the tensors
    of ``state()``, which are all that it remembers. One that puts others in their place, or that
    waits for the device, is not captured, and a warning says so.
    """
    return step if device.type != "cuda" else _Captured(step, device, state)


class _Captured:
    """Takes some steps as they are, captures one, and replays it from then on."""

    def __init__(
        self, step: Step, device: torch.device, state: Callable[[], Iterable[Tensor]]
    ) -> None:
        self._step = step
        self._device = device
        self._state = state
        self._side = torch.cuda.Stream(device)
        self._taken = 0
        self._take: Step = self._warm_up

    def __call__(self, *arguments: Any) -> None:
        """Take one step."""
        self._take(*arguments)

    def _warm_up(self, *arguments: Any) -> None:
        """Take a step on a stream of its own, as capturing will have it."""
        before = self._addresses()
        current = torch.cuda.current_stream(self._device)
        self._side.wait_stream(current)
        with torch.cuda.stream(self._side):
            self._step(*arguments)
        current.wait_stream(self._side)
        self._taken += 1
        if self._addresses() != before:
            self._give_up("a step puts new tensors in the place of those that it remembers")
        elif self._taken == WARM_UP:
            self._take = self._capture

    def _capture(self, *arguments: Any) -> None:
        """Capture a step, which does nothing yet, and take it."""
        graph = torch.cuda.CUDAGraph()
        try:
            with (
                torch.cuda.device(self._device),
                torch.cuda.graph(graph, stream=self._side, capture_error_mode="thread_local"),
            ):
                self._step(*arguments)
        except RuntimeError as error:
            self._give_up(str(error).splitlines()[0])
            self._step(*arguments)
            return

        def replay(*_: Any) -> None:
            graph.replay()

        self._take = replay
        replay()

    def _give_up(self, reason: str) -> None:
        warnings.warn(f"the step is not captured in a CUDA graph: {reason}", NotCaptured, 2)
        self._take = self._step

    def _addresses(self) -> list[int]:
        return [tensor.data_ptr() for tensor in self._state()]
