"""Training from a script without ``if __name__ == "__main__":``.

Each worker process would run the script again from the top, because Python wants to give it what
the script defines, and would start to train as well. A worker needs the script only if it defines a
kind.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence

from grokspec.engines.base import parts_of
from grokspec.spec import Run


@contextlib.contextmanager
def kept_from_workers(runs: Sequence[Run]) -> Iterator[None]:
    """Keep worker processes that start within the block from running the script again."""
    with contextlib.nullcontext() if _script_defines_a_kind(runs) else hidden_main():
        yield


@contextlib.contextmanager
def hidden_main() -> Iterator[None]:
    """Hide the running script from the processes that multiprocessing starts within the block."""
    main = sys.modules["__main__"]
    before = {name: getattr(main, name) for name in ("__file__", "__spec__") if hasattr(main, name)}
    try:
        for name in before:
            setattr(main, name, None)
        yield
    finally:
        for name, value in before.items():
            setattr(main, name, value)


def _script_defines_a_kind(runs: Sequence[Run]) -> bool:
    """Whether the script defines a kind that is trained."""
    parts = (part for run in runs for part in parts_of(run.experiment))
    return any(cls.__module__ == "__main__" for part in parts for cls in type(part).__mro__)
