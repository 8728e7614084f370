"""Judges: processes that import a copy of the program and run pytest with it.

A judge is forked from a server that has loaded the libraries which grokspec uses, but not grokspec
itself. So it starts much faster than pytest from the command line.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import runpy
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from grokspec.claims.checklist import Checklist, read_checklist
from grokspec.claims.judging import RAN, nothing_judged, undisturbed
from grokspec.runner.script import hidden_main

LIBRARIES = [
    "torch",
    "torch.func",
    "xarray",
    "pandas",
    "safetensors.numpy",
    "pydantic.json_schema",
    "pytest",
    "anyio.pytest_plugin",
    "hypothesis",
    "zarr",
]
"""What judges need, if it is installed. The last three have plugins that pytest always loads, which
takes as long as all else before the first claim."""

REWRITTEN_NOT = "ignore::pytest.PytestAssertRewriteWarning"
"""No warning that the plugins' own assertions are as they were when they were loaded."""

SCRIPT = '''"""Runs pytest with the grokspec that lies beside this file, and with no other."""

import gc
import multiprocessing
import os
import sys
import threading
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

gc.freeze()  # what the libraries have made stays, and need not be looked at again and again


def end_with_the_command() -> None:
    wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


threading.Thread(target=end_with_the_command, daemon=True).start()
here = Path(__file__).resolve().parent
output = os.open(here / "output", os.O_WRONLY | os.O_CREAT)
os.dup2(output, 1)
os.dup2(output, 2)
if CORES:
    os.sched_setaffinity(0, CORES)
    threadpool_limits(len(CORES))  # the libraries were loaded with a thread for each core there is
sys.path[:] = [str(here), *map(os.path.abspath, sys.path)]
os.chdir(here)
sys.dont_write_bytecode = True
os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
assert "grokspec" not in sys.modules, "grokspec was loaded before the copy"

import grokspec
import pytest

found = Path(grokspec.__file__).resolve()
assert found.parents[1] == here, f"grokspec is imported from {found}, not from the copy in {here}"
code = int(pytest.main(ARGUMENTS))
(here / "exit").write_text(str(code))
'''


@contextlib.contextmanager
def preloaded() -> Iterator[None]:
    """Fork the judges that start within the block from a server that has loaded the libraries."""
    with hidden_main():
        context = multiprocessing.get_context(_method())
        if hasattr(context, "set_forkserver_preload"):
            context.set_forkserver_preload(LIBRARIES)
        yield


def judge_copy(place: Path, arguments: Sequence[str]) -> Checklist:
    """Judge claims by ``pytest ARGUMENTS`` with the copy of the program in the folder ``place``.

    Raises a GrokspecError with the end of pytest's output if no claim was judged.
    """
    checklist = place / "checklist.json"
    code, output = run_copy(place, [*arguments, f"--checklist={checklist}"])
    if code not in RAN or not checklist.exists():
        raise nothing_judged(arguments, code, output)
    return read_checklist(checklist)


def run_copy(place: Path, arguments: Sequence[str]) -> tuple[int | None, str]:
    """Run ``pytest ARGUMENTS`` with the copy of the program in the folder ``place``.

    Returns its exit code, or None if the judge ended before, and what it printed.
    """
    script = place / "judge.py"
    script.write_text(SCRIPT, encoding="utf-8")
    options = [*undisturbed(place), "-W", REWRITTEN_NOT, "-n0"]
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    context: Any = multiprocessing.get_context(_method())
    process = context.Process(
        target=runpy.run_path,
        args=(str(script), {"ARGUMENTS": [*arguments, *options], "CORES": cores}),
    )
    process.start()
    try:
        process.join()
    except BaseException:
        process.kill()
        raise
    output = place / "output"
    text = output.read_text(errors="replace") if output.exists() else ""
    return _exit_code(place), text


def end_judges() -> None:
    """End the judges of all threads."""
    for process in multiprocessing.active_children():
        process.kill()


def _exit_code(place: Path) -> int | None:
    """The exit code of pytest, or None if the judge ended before.

    It is read from a file: if two threads ask multiprocessing for the exit code of one process at
    the same time, one of them may get a wrong answer.
    """
    file = place / "exit"
    return int(file.read_text()) if file.exists() else None


def _method() -> str:
    methods = multiprocessing.get_all_start_methods()
    return "forkserver" if "forkserver" in methods else "spawn"
