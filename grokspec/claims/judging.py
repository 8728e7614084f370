"""Runs pytest on claims in a process of its own, and reads the checklist.

Comparisons, reports and mutation tests all run pytest, as a user does, so that there is only one
way to reach a verdict.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from grokspec.claims.checklist import Checklist, read_checklist
from grokspec.errors import GrokspecError

RAN = (0, 1)
"""The exit codes of pytest after which there is a checklist: all passed, or some failed."""

LAST_LINES = 15
"""How many lines of pytest's output an error shows."""


def judge(
    claims: Sequence[Path],
    *options: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Checklist:
    """Run ``pytest CLAIMS`` with these options.

    pytest starts in ``folder``, and ``environment`` is added to its environment variables. Raises
    a GrokspecError with the end of pytest's output if no claim was judged.
    """
    with tempfile.TemporaryDirectory(prefix="grokspec-") as temporary:
        file = Path(temporary) / "checklist.json"
        command = [sys.executable, "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider"]
        command += [*map(str, claims), *options, "--checklist", str(file)]
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        if done.returncode not in RAN or not file.exists():
            raise nothing_judged(claims, done.returncode, done.stdout)
        return read_checklist(file)


def nothing_judged(claims: Sequence[object], code: int | None, output: str) -> GrokspecError:
    """The error that pytest judged none of the claims, with the end of its output."""
    end = "\n".join(output.splitlines()[-LAST_LINES:])
    named = " ".join(map(str, claims))
    return GrokspecError(f"pytest {named} judged no claim (exit code {code}):\n{end}")
