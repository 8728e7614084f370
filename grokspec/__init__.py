"""The science of grokking, written down so that it can be proved wrong.

The public names, each imported when it is first asked for: ``import grokspec`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grokspec.dataset import load_results
    from grokspec.errors import GrokspecError, Mistake
    from grokspec.notebook.api import load, plan, results, run
    from grokspec.notebook.results import Results
    from grokspec.plans import Plan, Run, Stack, make_plan
    from grokspec.runner import run_plan
    from grokspec.spec import Point, SpecFile, read_spec
    from grokspec.store import Store, open_store

_HOMES = {
    "GrokspecError": "grokspec.errors",
    "Mistake": "grokspec.errors",
    "Plan": "grokspec.plans",
    "Point": "grokspec.spec",
    "Results": "grokspec.notebook.results",
    "Run": "grokspec.plans",
    "SpecFile": "grokspec.spec",
    "Stack": "grokspec.plans",
    "Store": "grokspec.store",
    "load": "grokspec.notebook.api",
    "load_results": "grokspec.dataset",
    "make_plan": "grokspec.plans",
    "open_store": "grokspec.store",
    "plan": "grokspec.notebook.api",
    "read_spec": "grokspec.spec",
    "results": "grokspec.notebook.api",
    "run": "grokspec.notebook.api",
    "run_plan": "grokspec.runner",
}

__all__ = [
    "GrokspecError",
    "Mistake",
    "Plan",
    "Point",
    "Results",
    "Run",
    "SpecFile",
    "Stack",
    "Store",
    "load",
    "load_results",
    "make_plan",
    "open_store",
    "plan",
    "read_spec",
    "results",
    "run",
    "run_plan",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
