"""Training from a script that has no ``if __name__ == "__main__":`` around it.

Each worker process would run the script again from the top, and so train in turn, for Python means
to give it what the script defines. Unless a kind is defined there, a worker has no need of it.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from grokspec.plans import Plan


@contextlib.contextmanager
def kept_from_workers(plan: Plan) -> Iterator[None]:
    """Have worker processes that start within the block leave the running script alone."""
    main = sys.modules["__main__"]
    hidden = {} if _defines_a_kind(plan) else {"__file__": None, "__spec__": None}
    before = {name: getattr(main, name) for name in hidden if hasattr(main, name)}
    try:
        for name in before:
            setattr(main, name, None)
        yield
    finally:
        for name, value in before.items():
            setattr(main, name, value)


def _defines_a_kind(plan: Plan) -> bool:
    """Whether the script defines a part of what is to be trained."""
    parts = (
        part
        for run in plan.runs
        for part in (
            run.experiment.task,
            run.experiment.model,
            run.experiment.optimizer,
            run.experiment.trainer,
            *run.experiment.record.probes,
        )
    )
    return any(cls.__module__ == "__main__" for part in parts for cls in type(part).__mro__)
