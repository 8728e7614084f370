"""Have claims judged by pytest in a process of its own, and read back the checklist.

Whatever compares, reports or mutates asks pytest, as a user would: there is one way in which a
verdict is reached.
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
"""How many lines of pytest's output are repeated where it judged nothing."""


def judge(
    claims: Sequence[Path],
    *options: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Checklist:
    """Run ``pytest CLAIMS`` with these options of its own and of grokspec's plugin.

    ``folder`` is where pytest is started, ``environment`` what is added to the variables that it
    sees. Raises a GrokspecError, with the end of pytest's output, if no claim was judged.
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
            end = "\n".join(done.stdout.splitlines()[-LAST_LINES:])
            raise GrokspecError(
                f"pytest {' '.join(map(str, claims))} judged no claim "
                f"(exit code {done.returncode}):\n{end}"
            )
        return read_checklist(file)
