"""The command line: one file a command, listed in `app`.

app         all commands, and how mistakes end them
check  plan  run  figure  schema  new  diff  history  report  mutants  export  tensorboard  mlflow
store       commands on a store: list, du, rm, verify, merge (`store_tables`: what they print)
archive     two more of these: export, import
options     arguments and options of several commands
output      output files: their format by their ending, written whole
"""

from __future__ import annotations

import contextlib
import sys
from typing import NoReturn

from grokspec.runner.signals import NAMES, Stopped, raised_on_signals

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command and exit; a signal ends it with one line."""
    try:
        with raised_on_signals(Stopped, *NAMES):
            from grokspec.cli.app import run_command  # while it is loaded, signals count as well

            run_command(arguments)
    except Stopped as stop:
        with contextlib.suppress(OSError):  # the terminal may be gone
            print(f"{stop}; the same command continues from here", file=sys.stderr)
        sys.exit(stop.exit_code)
