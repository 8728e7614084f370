"""An executor for tests."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from grokspec.runner.executors import ThisProcess
from grokspec.runner.training import train_stack


class Inline(ThisProcess):
    """Makes each call at once, in this process, and remembers the stacks that it trained."""

    def __init__(self) -> None:
        self.stacks: list[tuple[Any, ...]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if fn is train_stack:
            self.stacks.append(args[1].runs)
        return super().submit(fn, *args, **kwargs)
