"""One call of a training function: what it is given, and what is made of what it logs."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch

from grokspec.engines._log import Log
from grokspec.engines.base import History
from grokspec.errors import GrokspecError
from grokspec.files.python import UserCodeError
from grokspec.files.settings import kept
from grokspec.streams import RandomStream

if TYPE_CHECKING:
    from grokspec.function import FunctionCall


def history_of(call: FunctionCall, device: str) -> History:
    """Call the function, and return the history of what it logged; see `FunctionEngine.train`."""
    function, log, started = call.call.load(), Log(), perf_counter()
    given = _accepted(function, {"seed": call.seed, "log": log, "device": device})
    with RandomStream(call.seed, torch.device(device)).used(), kept():
        try:
            function(**call.arguments, **given)
        except GrokspecError as error:  # of the log
            raise GrokspecError(f"{_place_of(error, call)}: {error}") from None
        except (Exception, SystemExit) as error:
            last = "" if log.last_step is None else f" after step {log.last_step}"
            raise UserCodeError.of(error, f"{call.call} failed{last}") from error
    try:
        return log.history().with_seconds(perf_counter() - started)
    except GrokspecError as error:
        raise GrokspecError(f"{call.call}: {error}") from None


def _accepted(function: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """Those of the values for which the function has a parameter."""
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:  # of a function that is compiled and does not say
        return given
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return given
    return {name: value for name, value in given.items() if name in parameters}


def _place_of(error: BaseException, call: FunctionCall) -> str:
    """The line of the function's file at which a mistake was made; else the function's name."""
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if call.call.path and frame.filename == str(call.call.path)
    ]
    return f"{Path(str(call.call.path)).name}:{lines[-1]}" if lines else str(call.call)
