"""The random numbers of one run, for code that draws from Python's global generators."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Collection, Iterator
from typing import Any, Protocol

import numpy as np
import torch


class RandomStream:
    """The states of the global generators, as one run sees them.

    At first they are as after ``torch.manual_seed(seed)``, ``numpy.random.seed(seed)`` and
    ``random.seed(seed)``. Outside `used` and `tried` nothing changes.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        on_device = [_Cuda(device)] if device.type == "cuda" else []
        self._generators: list[_Generator] = [_Torch(), _Numpy(), _Python(), *on_device]
        outside = [generator.state() for generator in self._generators]
        for generator in self._generators:
            generator.seed(seed)
        self._states = [generator.state() for generator in self._generators]
        self._set(outside)

    @contextlib.contextmanager
    def used(self, only: Collection[str] | None = None) -> Iterator[None]:
        """Draw from this stream, and go on from there the next time.

        ``only`` names the generators in question, by default all, to save the time of the others.
        """
        chosen = [
            i for i, g in enumerate(self._generators) if only is None or type(g).__name__ in only
        ]
        outside = [self._generators[i].state() for i in chosen]
        for i in chosen:
            self._generators[i].set(self._states[i])
        try:
            yield
        finally:
            for i, state in zip(chosen, outside, strict=True):
                self._states[i] = self._generators[i].state()
                self._generators[i].set(state)

    @contextlib.contextmanager
    def tried(self) -> Iterator[None]:
        """Draw from this stream, and start from the same state the next time."""
        states = list(self._states)
        with self.used():
            yield
        self._states = states

    def drawn_since(self, before: RandomStream) -> frozenset[str]:
        """The generators whose states differ from those of another stream."""
        pairs = zip(self._generators, self._states, before._states, strict=True)
        return frozenset(type(g).__name__ for g, now, then in pairs if not g.same(now, then))

    def copy(self) -> RandomStream:
        """A stream that goes on from here by itself."""
        new = RandomStream.__new__(RandomStream)
        new._generators, new._states = self._generators, list(self._states)
        return new

    def _set(self, states: list[Any]) -> None:
        for generator, state in zip(self._generators, states, strict=True):
            generator.set(state)


class _Generator(Protocol):
    def seed(self, seed: int) -> None: ...
    def state(self) -> Any: ...
    def set(self, state: Any) -> None: ...
    def same(self, one: Any, other: Any) -> bool: ...


class _Torch:
    def seed(self, seed: int) -> None:
        torch.default_generator.manual_seed(seed)

    def state(self) -> Any:
        return torch.default_generator.get_state()

    def set(self, state: Any) -> None:
        torch.default_generator.set_state(state)

    def same(self, one: Any, other: Any) -> bool:
        return torch.equal(one, other)


class _Cuda(_Torch):
    def __init__(self, device: torch.device) -> None:
        self._device = device

    def seed(self, seed: int) -> None:
        with torch.cuda.device(self._device):
            torch.cuda.manual_seed(seed)

    def state(self) -> Any:
        return torch.cuda.get_rng_state(self._device)

    def set(self, state: Any) -> None:
        torch.cuda.set_rng_state(state, self._device)


class _Numpy:
    def seed(self, seed: int) -> None:
        np.random.seed(seed % 2**32)

    def state(self) -> Any:
        return np.random.get_state()

    def set(self, state: Any) -> None:
        np.random.set_state(state)

    def same(self, one: Any, other: Any) -> bool:
        return str(one[0]) == str(other[0]) and all(
            np.array_equal(a, b) for a, b in zip(one[1:], other[1:], strict=True)
        )


class _Python:
    def seed(self, seed: int) -> None:
        random.seed(seed)

    def state(self) -> Any:
        return random.getstate()

    def set(self, state: Any) -> None:
        random.setstate(state)

    def same(self, one: Any, other: Any) -> bool:
        return bool(one == other)
