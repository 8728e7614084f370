"""Training from a script or a notebook: what worker processes can and need to know of it.

Each worker process would run the script again from the top, because Python wants to give it what
the script defines, and would start to train as well. So it is hidden from the workers, unless it
defines a kind that is trained. Then its training has to stand below
``if __name__ == "__main__":``. Where there is none, or in a notebook, which no process can import,
this process trains.
"""

from __future__ import annotations

import ast
import contextlib
import sys
from collections.abc import Iterator, Sequence

from grokspec.engines.base import parts_of
from grokspec.spec import Run
from grokspec.store.running import is_running, script


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


def workers_know_kinds(runs: Sequence[Run]) -> bool:
    """Whether worker processes on this machine can import the kinds of these runs."""
    return not _script_defines_a_kind(runs) or _is_guarded()


def _script_defines_a_kind(runs: Sequence[Run]) -> bool:
    """Whether the script or notebook defines a kind that is trained."""
    parts = (part for run in runs for part in parts_of(run.experiment))
    classes = {cls for part in parts for cls in type(part).__mro__}
    return any(is_running(cls.__module__) for cls in classes)


def _is_guarded() -> bool:
    """Whether the script can be imported without training: it asks for its ``__name__``."""
    file = script()
    if file is None:
        return False
    with contextlib.suppress(OSError, SyntaxError, ValueError):
        tree = ast.parse(file.read_bytes())
        tests = (statement.test for statement in tree.body if isinstance(statement, ast.If))
        return any(
            isinstance(n, ast.Name) and n.id == "__name__" for t in tests for n in ast.walk(t)
        )
    return False
