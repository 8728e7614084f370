"""Runs pytest on claims in a process of its own, and reads the checklist.

Comparisons, reports and mutation tests all run pytest, as a user does, so that there is only one
way to reach a verdict.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from grokspec.claims.checklist import Checklist, read_checklist
from grokspec.errors import GrokspecError

RAN = (0, 1)
"""The exit codes of pytest after which there is a checklist: all passed, or some failed."""

PLUGIN = Path(__file__).with_name("undisturbed.py")
PLUGIN_NAME = "grokspec_undisturbed"

STALE = "stale results were used"
"""How the warning of ``--stale=keep`` begins, which is no error whatever a project makes of it."""

SECONDS_TO_END = 10.0
"""How long pytest may take to end before it is killed."""

LAST_LINES = 15
"""How many lines of pytest's output an error shows."""


def checklist_of(
    claims: Sequence[Path],
    *options: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Checklist:
    """The checklist of ``pytest CLAIMS`` with these options.

    pytest starts in ``folder``, and ``environment`` is added to its environment variables. Raises
    a GrokspecError with the end of pytest's output if no claim was judged.
    """
    with tempfile.TemporaryDirectory(prefix="grokspec-") as temporary:
        place = Path(temporary)
        file = place / "checklist.json"
        command = [sys.executable, "-m", "pytest", *map(str, claims), *options]
        command += [*undisturbed(place), f"--checklist={file}"]
        variables = {**os.environ, **(environment or {})}
        packages = filter(None, [variables.get("PYTHONPATH"), temporary])
        variables["PYTHONPATH"] = os.pathsep.join(packages)
        code, output = _run(command, folder, variables)
        if code not in RAN or not file.exists():
            raise nothing_judged(claims, code, output)
        return read_checklist(file)


def undisturbed(place: Path) -> list[str]:
    """Options with which pytest judges every claim, however a project has configured it.

    The plugin is copied to ``place``, from where pytest must be able to import it. The cache is
    kept there too, since without pytest's own cache it would not know the settings of a project
    that uses it.
    """
    shutil.copy(PLUGIN, place / f"{PLUGIN_NAME}.py")
    cache = f"--override-ini=cache_dir={place / 'cache'}"
    return ["-p", PLUGIN_NAME, "-q", "--color=no", cache, "-W", f"ignore:{STALE}"]


def _run(
    command: Sequence[str], folder: Path | None, environment: Mapping[str, str]
) -> tuple[int, str]:
    """Run a command; return its exit code and its output. An error here ends it as well."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            output, _ = process.communicate()
        except BaseException:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS_TO_END)  # it removes what it made
            process.kill()
            raise
    return process.returncode, output


def nothing_judged(claims: Sequence[object], code: int | None, output: str) -> GrokspecError:
    """The error that pytest judged none of the claims, with the end of its output."""
    end = "\n".join(output.splitlines()[-LAST_LINES:])
    named = " ".join(map(str, claims))
    return GrokspecError(f"pytest {named} judged no claim (exit code {code}):\n{end}")
