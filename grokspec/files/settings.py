"""Settings of the whole process, such as torch's default type, that a Python file may change.

A script sets them for itself. Here other runs follow in the same process, also those of other
specs, so what a file sets when it is run is undone, and holds again while its own runs train.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any

Settings = dict[str, Any]
"""Settings by name."""


@contextlib.contextmanager
def kept() -> Iterator[Settings]:
    """Undo what the block changes; afterwards the value has what it had set."""
    before, changed = _now(), Settings()
    try:
        yield changed
    finally:
        for name, value in _now().items():
            earlier = before[name] if name in before else _first(name, value)
            if value != earlier:
                changed[name] = value
                _set(name, earlier)


@contextlib.contextmanager
def applied(settings: Settings) -> Iterator[None]:
    """Have these settings within the block."""
    with kept():
        for name, value in settings.items():
            _set(name, value)
        yield


def _now() -> Settings:
    """The settings of the libraries that are loaded."""
    found: Settings = {"folder": os.getcwd()}
    if (numpy := sys.modules.get("numpy")) is not None:
        found["numpy errors"] = numpy.geterr()
    if (torch := sys.modules.get("torch")) is not None:
        found |= {
            "default type": torch.get_default_dtype(),
            "default device": torch.get_default_device(),
            "gradients": torch.is_grad_enabled(),
            "deterministic": torch.are_deterministic_algorithms_enabled(),
            "matrix products": torch.get_float32_matmul_precision(),
            "threads": torch.get_num_threads(),
        }
    return found


def _first(name: str, now: Any) -> Any:
    """A setting as a library has it when it is loaded; what it is now where that is unknown."""
    if name == "threads":
        return now
    if name == "numpy errors":
        return {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
    torch = sys.modules["torch"]
    return {
        "default type": torch.float32,
        "default device": torch.device("cpu"),
        "gradients": True,
        "deterministic": False,
        "matrix products": "highest",
    }[name]


def _set(name: str, value: Any) -> None:
    if name == "folder":
        os.chdir(value)
        return
    if name == "numpy errors":
        sys.modules["numpy"].seterr(**value)
        return
    torch = sys.modules["torch"]
    match name:
        case "default type":
            torch.set_default_dtype(value)
        case "default device":  # None, since a named one makes every operation look for it
            torch.set_default_device(None if value == torch.device("cpu") else value)
        case "gradients":
            torch.set_grad_enabled(value)
        case "deterministic":
            torch.use_deterministic_algorithms(value)
        case "matrix products":
            torch.set_float32_matmul_precision(value)
        case "threads":
            torch.set_num_threads(value)
