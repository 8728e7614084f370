"""Judges: processes that import a copy of the program and run pytest with it.

A judge is forked off a server that has loaded the libraries which grokspec uses, but not grokspec
itself, so that it starts in a fraction of the time that pytest takes from nothing.
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
from grokspec.claims.judging import LAST_LINES, RAN
from grokspec.errors import GrokspecError
from grokspec.runner.script import hidden_main

LIBRARIES = [
    "torch",
    "torch.func",
    "xarray",
    "pandas",
    "scipy.stats",
    "safetensors.numpy",
    "pytest",
]

SCRIPT = '''"""Runs pytest with the grokspec that lies beside this file, and with no other."""

import os
import sys
from pathlib import Path
from typing import Any

here = Path(__file__).resolve().parent
output = os.open(here / "output", os.O_WRONLY | os.O_CREAT)
os.dup2(output, 1)
os.dup2(output, 2)
os.chdir(here)
os.sched_setaffinity(0, CORES) if CORES else None
sys.path.insert(0, str(here))
sys.dont_write_bytecode = True
os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
assert "grokspec" not in sys.modules, "a judge imports the copy, and nothing before it"

import grokspec
import pytest

found = Path(grokspec.__file__).resolve()
assert found.parents[1] == here, f"grokspec is imported from {found}, not from the copy in {here}"
sys.exit(pytest.main(ARGUMENTS))
'''


@contextlib.contextmanager
def preloaded() -> Iterator[None]:
    """Have judges that start within the block forked off a server with the libraries loaded."""
    with hidden_main():
        context = multiprocessing.get_context(_method())
        if hasattr(context, "set_forkserver_preload"):
            context.set_forkserver_preload(LIBRARIES)
        yield


def judge_copy(place: Path, arguments: Sequence[str]) -> Checklist:
    """Have the copy of the program in a folder judge claims: ``pytest ARGUMENTS``.

    Raises a GrokspecError, with the end of pytest's output, if no claim was judged.
    """
    script, checklist = place / "judge.py", place / "checklist.json"
    script.write_text(SCRIPT, encoding="utf-8")
    options = ["-q", "--color=no", "-n0", "-p", "no:cacheprovider", f"--checklist={checklist}"]
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
    if process.exitcode not in RAN or not checklist.exists():
        output = place / "output"
        lines = output.read_text(errors="replace").splitlines() if output.exists() else []
        end = "\n".join(lines[-LAST_LINES:])
        raise GrokspecError(f"pytest judged no claim (exit code {process.exitcode}):\n{end}")
    return read_checklist(checklist)


def _method() -> str:
    methods = multiprocessing.get_all_start_methods()
    return "forkserver" if "forkserver" in methods else "spawn"
