"""A training step as one CUDA graph.

A step of a small network is dozens of kernels of microseconds each, less than the time to launch
one. A graph launches them all at once.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

WARM_UP = 3
"""How many steps are taken before one is captured, so that libraries can initialize. They are
ordinary steps of the training."""

Step = Callable[..., None]


class NotCaptured(UserWarning):
    """The steps are taken kernel by kernel: slower, with the same results."""


def captured(step: Step, device: torch.device, state: Callable[[], Iterable[Tensor]]) -> Step:
    """The step in its fastest form for a device: on CUDA a graph, elsewhere the step itself.

    ``step`` must do the same operations on the same tensors at every call, and change the tensors
    of ``state()``, which are all that it keeps, in place. A step that replaces them, or that waits
    for the device, is not captured; a warning says so.
    """
    return step if device.type != "cuda" else _Captured(step, device, state)


class _Captured:
    """Takes some steps directly, then captures one and replays it from then on."""

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
        self._take(*arguments)

    def _warm_up(self, *arguments: Any) -> None:
        """Take a step on a separate stream, which capturing requires."""
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
        """Capture a step, which does not execute it, and take it by a replay."""
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
