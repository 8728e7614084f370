"""Twenty kills; `python tests/soak/kills.py 200` tries many more, also of the real command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("count", "how"), [(12, []), (8, ["--without-locks"])], ids=["", "no lock"]
)
def test_what_is_killed_at_any_moment_is_completed_by_the_same_call(count, how):
    script = Path(__file__).with_name("kills.py")
    command = [sys.executable, script, str(count), *how]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{count} killed" in done.stdout
