"""Twenty kills; `python tests/soak/kills.py 200` tries many more, also of the real command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_what_is_killed_at_any_moment_is_completed_by_the_same_call_bit_for_bit():
    script = Path(__file__).with_name("kills.py")
    done = subprocess.run([sys.executable, script, "20"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20 killed" in done.stdout
