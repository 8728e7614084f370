"""A copy of the program with a fault in it, and the surroundings in which pytest imports it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grokspec.mutants.faults import PROGRAM, Fault

GUARD = "grokspec_guard"
"""The name of a plugin of pytest that lies beside each copy."""

_GUARD = '''"""Stops pytest unless the grokspec that it imports is the copy beside this file."""

from pathlib import Path

import grokspec

here, found = Path(__file__).resolve().parent, Path(grokspec.__file__).resolve()
if found.parents[1] != here:
    raise ImportError(f"grokspec is imported from {found}, not from the copy in {here}")
'''


@contextlib.contextmanager
def copied(fault: Fault | None = None, program: Path = PROGRAM) -> Iterator[Path]:
    """A temporary folder with a copy of the program, with the fault if there is one.

    Only the code of the package is copied. The folder is gone afterwards.
    """
    with tempfile.TemporaryDirectory(prefix="grokspec-", ignore_cleanup_errors=True) as folder:
        place = Path(folder).resolve()
        copy = place / "grokspec"
        shutil.copytree(program, copy, ignore=shutil.ignore_patterns("__pycache__"))
        if fault is not None:
            file = copy / fault.file
            file.write_text(fault.put_into(file.read_text(encoding="utf-8")), encoding="utf-8")
        (place / f"{GUARD}.py").write_text(_GUARD, encoding="utf-8")
        yield place


def surroundings(place: Path) -> dict[str, str]:
    """The environment in which Python, and what it starts, imports the copy in a folder.

    An entry of PYTHONPATH goes before whatever is installed, be it installed to be edited. What
    the path holds already is made absolute, for pytest is to be started elsewhere.
    """
    held = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = [place, *(Path(entry).absolute() for entry in held if entry)]
    return {"PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"}
