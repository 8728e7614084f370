"""Have claims judged by pytest in a process of its own, and read back what came of it.

Whatever compares, reports or doubts claims asks pytest, as a user would: there is one way in which
a verdict is reached.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from grokspec.checklist import Checklist
from grokspec.errors import GrokspecError

RAN = (0, 1)
"""The exit codes of pytest after which there is a checklist: all passed, or some failed."""

LAST_LINES = 15
"""How many lines of what pytest said are repeated where it did not come to judge."""


@dataclass(frozen=True)
class Judged:
    """What came of it: the checklist, and all that pytest said."""

    checklist: Checklist
    output: str


def judge(
    claims: Sequence[Path],
    *options: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Judged:
    """Run ``pytest CLAIMS`` with these options of its own and of grokspec's plugin.

    ``folder`` is where pytest is started, ``environment`` what is added to the variables that it
    sees. Raises a GrokspecError, with the end of what pytest said, if no claim came to be judged.
    """
    with tempfile.TemporaryDirectory(prefix="grokspec-") as notes:
        told = Path(notes) / "checklist.json"
        command = [sys.executable, "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider"]
        command += [*map(str, claims), *options, "--checklist", str(told)]
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        if done.returncode not in RAN or not told.exists():
            end = "\n".join(done.stdout.splitlines()[-LAST_LINES:])
            raise GrokspecError(
                f"pytest {' '.join(map(str, claims))} judged no claim "
                f"(exit code {done.returncode}):\n{end}"
            )
        return Judged(Checklist.read(told), done.stdout)
