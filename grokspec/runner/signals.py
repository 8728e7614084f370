"""Signals that ask a process to end.

It may have to end other processes first, and to remove what it made.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
"""Ctrl-C, what `kill` and batch systems send, and what a terminal sends that is closed."""


class Stopped(BaseException):
    """A signal that asks this process to end."""

    def __init__(self, number: signal.Signals) -> None:
        is_keyboard = number == signal.SIGINT
        super().__init__("interrupted" if is_keyboard else f"stopped by {number.name}")
        self.number = number

    @property
    def exit_code(self) -> int:
        """The exit code by which a shell says that this signal ended a process."""
        return 128 + self.number


@contextlib.contextmanager
def raised_on_signals(
    error: Callable[[signal.Signals], BaseException], *names: str
) -> Iterator[None]:
    """Raise an error in the main thread at the first of these signals within the block.

    While the error is handled, others are ignored, so that what has begun is cleaned up; but a
    second Ctrl-C ends the process at once. A signal that was ignored before, as SIGHUP is under
    nohup, stays so, and one that has another handler keeps it.
    """
    default = (signal.SIG_DFL, signal.default_int_handler)
    known = (getattr(signal, name) for name in names if hasattr(signal, name))
    taken = {number: signal.getsignal(number) for number in known}
    taken = {number: before for number, before in taken.items() if before in default}
    stopped = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True
        for other in taken:
            signal.signal(other, signal.SIG_DFL if other == signal.SIGINT else signal.SIG_IGN)
        raise error(signal.Signals(number))

    try:
        for number in taken:
            signal.signal(number, handle)
    except ValueError:  # only the main thread may
        taken = {}
    try:
        yield
    finally:
        if not stopped:
            for number, before in taken.items():
                signal.signal(number, before)
