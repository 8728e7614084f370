"""The log of one's own training loop: what is measured at which step, and the history it gives.

log = Log()
for step in range(1001):
    if step % 10 == 0:
        log(step, train_loss=loss, test_loss=model_loss(test))
history = log.history()
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Collection
from typing import Any

import numpy as np

from grokspec.engines._divergence import diverged_runs, history_of
from grokspec.engines.base import RESERVED, History
from grokspec.errors import GrokspecError

LAST_STEP = 2**63 - 1

NUMERIC = "biuf"
"""The kinds of numpy's types whose elements are real numbers."""


class Log:
    """Collects what one run records.

    Numbers are kept as float64. Tensors of any device, numpy's and jax's arrays, and anything else
    that ``numpy.asarray`` makes numbers of are copied when they are logged. A quantity that is not
    logged at a step is NaN there. The first number that is not finite makes the run diverged: from
    its step on all quantities are NaN, as in a run that grokspec trains.

    ``taken`` are names that mean something else here, so that no quantity may have them. Every
    mistake is a GrokspecError, and nothing of the call that made it is kept.
    """

    def __init__(self, taken: Collection[str] = ()) -> None:
        self._taken = taken
        self._steps: list[int] = []
        self._rows: dict[str, dict[int, np.ndarray]] = {}
        self._once: dict[str, np.ndarray] = {}
        self._diverged_at: int | None = None

    def __call__(self, /, step: int, **quantities: Any) -> None:
        """Log quantities at a step, numbers or arrays: ``log(step, train_loss=…, errors=…)``.

        Several calls at one step add to each other. Steps are whole numbers from 0 and never go
        back. A quantity has the same shape at every step.
        """
        at = self._checked_step(step)
        if not quantities:
            raise GrokspecError(
                f"step {at}: nothing is logged; name a quantity, like log({at}, train_loss=…)"
            )
        found = {name: self._checked(f"step {at}", name, v) for name, v in quantities.items()}
        for name, values in found.items():
            self._check_row(at, name, values)
        if not self._steps or at > self._steps[-1]:
            self._steps.append(at)
        for name, values in found.items():
            self._rows.setdefault(name, {})[at] = values
            if self._diverged_at is None and diverged_runs(values[None]).any():
                self._diverged_at = at

    def once(self, /, **quantities: Any) -> None:
        """Log single numbers that belong to the whole run: ``log.once(baseline=…)``."""
        found = {name: self._checked("once", name, value) for name, value in quantities.items()}
        for name, value in found.items():
            if name in self._once or name in self._rows:
                how = "once" if name in self._once else f"at step {next(iter(self._rows[name]))}"
                raise GrokspecError(
                    f"once: {name} was logged {how} already; log it in one way, or give it "
                    "another name"
                )
            if value.ndim:
                raise GrokspecError(
                    f"once: {name} has the shape {list(value.shape)}, and only single numbers are "
                    "logged once; give each number a name, or log the array at its step"
                )
        self._once |= found

    @property
    def last_step(self) -> int | None:
        """The last step that was logged; None if none was."""
        return self._steps[-1] if self._steps else None

    def history(self) -> History:
        """What was logged so far. A GrokspecError if no step was."""
        if not self._steps:
            raise GrokspecError(
                "nothing was logged; call log(step, train_loss=…) at each step that is to be "
                "recorded, and at the last one at least"
            )
        recorded = {name: self._column(rows) for name, rows in self._rows.items()}
        steps = np.array(self._steps, dtype=np.int64)
        return history_of(steps, recorded, self._once, self._diverged_at)

    def _column(self, rows: dict[int, np.ndarray]) -> np.ndarray:
        """A quantity at all steps, [record, ...]; NaN where it was not logged."""
        unknown = np.full_like(next(iter(rows.values())), np.nan)
        return np.stack([rows.get(step, unknown) for step in self._steps])

    def _checked_step(self, step: Any) -> int:
        at = _whole(step)
        if not 0 <= at <= LAST_STEP:
            raise GrokspecError(f"step = {at}: steps are counted from 0, and end at 2⁶³ - 1")
        if self._steps and at < self._steps[-1]:
            raise GrokspecError(
                f"step {at}: comes after step {self._steps[-1]}; steps must not go back, so count "
                "them over all epochs and phases of the run"
            )
        return at

    def _checked(self, where: str, name: str, value: Any) -> np.ndarray:
        if reason := why_no_quantity(name):
            raise GrokspecError(f"{where}: {name!r} {reason}")
        if name in self._taken:
            raise GrokspecError(
                f"{where}: {name!r} is a coordinate of the run; give the quantity another name"
            )
        return _numbers(f"{where}: {name}", value)

    def _check_row(self, at: int, name: str, values: np.ndarray) -> None:
        """Raise a GrokspecError if a quantity does not continue what was logged before."""
        if name in self._once:
            raise GrokspecError(
                f"step {at}: {name} was logged once, for the whole run; log it in one way, or give "
                "it another name"
            )
        rows = self._rows.get(name, {})
        if at in rows:
            raise GrokspecError(
                f"step {at}: {name} was logged at this step already; log it once a step, or give "
                "it another name"
            )
        for earlier, before in rows.items():
            if before.shape != values.shape:
                raise GrokspecError(
                    f"step {at}: {name} has the shape {list(values.shape)}, and at step {earlier} "
                    f"it had {list(before.shape)}; log arrays of one shape, or give what differs "
                    "another name"
                )
            break


def why_no_quantity(name: str) -> str | None:
    """Why a quantity cannot have this name, with the remedy; None if it can."""
    if name in RESERVED:
        return f"means something else in results, as {', '.join(RESERVED)} do; choose another name"
    if not name.isidentifier():
        return "is no name for a quantity; use letters, digits and _, like test_loss"
    return None


def _whole(step: Any) -> int:
    try:
        if not isinstance(step, bool):
            return operator.index(step)
    except TypeError:
        pass
    raise GrokspecError(
        f"step = {step!r} is a {type(step).__name__}; a step is a whole number: give an int, like "
        "int(step)"
    )


def _numbers(what: str, value: Any) -> np.ndarray:
    """A copy of a value in float64. A GrokspecError that begins with ``what`` if it has others."""
    try:
        array = np.asarray(_on_cpu(value))
    except Exception as error:  # what an object of another library raises
        raise GrokspecError(f"{what} is no array of numbers ({error}); {REMEDY}") from error
    if np.ma.is_masked(value):
        raise GrokspecError(f"{what} has masked elements, which are no numbers; {REMEDY}")
    if not _are_real(array.dtype):
        raise GrokspecError(f"{what} is a {type(value).__name__} of {array.dtype}; {REMEDY}")
    if not array.size:
        raise GrokspecError(f"{what} is empty: its shape is {list(array.shape)}; leave it out")
    return np.array(array, dtype=np.float64)


def _on_cpu(value: Any) -> Any:
    """A tensor as numpy can read it, in whatever precision it has; anything else as it is."""
    torch = sys.modules.get("torch")  # there are no tensors without it
    if torch is None or not isinstance(value, torch.Tensor) or value.is_complex():
        return value
    return value.detach().cpu().double()


REMEDY = "give a real number or an array of them, like float(value)"


def _are_real(dtype: np.dtype) -> bool:
    """Whether the elements are real numbers; jax's bfloat16 are, though numpy does not know it."""
    return dtype.kind in NUMERIC or (dtype.names is None and np.can_cast(dtype, np.float64))
