"""The science of grokking, written down so that it can be proved wrong.

The public names, each imported when it is first used: ``import grokspec`` stays quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grokspec.api import judge, load, plan, results, run
    from grokspec.errors import GrokspecError, Mistake
    from grokspec.plan import Plan, Stack, make_plan
    from grokspec.results import Results, load_results, read_results
    from grokspec.results.record import record
    from grokspec.runner import train_runs
    from grokspec.spec import Run, SpecFile, read_spec
    from grokspec.store import Store, open_store

_HOMES = {
    "GrokspecError": "grokspec.errors",
    "Mistake": "grokspec.errors",
    "Plan": "grokspec.plan",
    "Results": "grokspec.results",
    "Run": "grokspec.spec",
    "SpecFile": "grokspec.spec",
    "Stack": "grokspec.plan",
    "Store": "grokspec.store",
    "judge": "grokspec.api",
    "load": "grokspec.api",
    "load_results": "grokspec.results",
    "make_plan": "grokspec.plan",
    "open_store": "grokspec.store",
    "plan": "grokspec.api",
    "read_results": "grokspec.results",
    "read_spec": "grokspec.spec",
    "record": "grokspec.results.record",
    "results": "grokspec.api",
    "run": "grokspec.api",
    "train_runs": "grokspec.runner",
}

__all__ = [
    "GrokspecError",
    "Mistake",
    "Plan",
    "Results",
    "Run",
    "SpecFile",
    "Stack",
    "Store",
    "judge",
    "load",
    "load_results",
    "make_plan",
    "open_store",
    "plan",
    "read_results",
    "read_spec",
    "record",
    "results",
    "run",
    "train_runs",
]


class _Package(ModuleType):
    """Keeps ``grokspec.plan`` and ``grokspec.results`` functions.

    Importing the modules of these names would otherwise put them in the functions' place.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
