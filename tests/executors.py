"""Executors for tests of what goes through one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from grokspec.runner.training import train_stack


class Inline(Executor):
    """Does each call at once, in this process, and remembers the stacks that it trained."""

    def __init__(self) -> None:
        self.stacks: list[tuple[Any, ...]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if fn is train_stack:
            self.stacks.append(args[1])
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future
