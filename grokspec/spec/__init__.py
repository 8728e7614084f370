"""The language: from a TOML file to validated runs, or to every mistake in it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grokspec.spec.reader import SpecFile, read_spec
    from grokspec.spec.runs import Run

_HOMES = {"Run": "runs", "SpecFile": "reader", "read_spec": "reader"}

__all__ = ["Run", "SpecFile", "read_spec"]

DEFAULT_PROFILE = "quick"
"""The profile that is read by default; a spec need not define it."""

LIMIT = 10_000
"""The most runs that a spec may have; more are probably a slip."""


def __getattr__(name: str) -> Any:  # lazy, as the schema imports every kind
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"grokspec.spec.{_HOMES[name]}"), name)
