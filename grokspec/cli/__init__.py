"""The command line: one file a command, listed in `app`.

app         all commands, and how errors and interruptions end them
check  plan  run  figure  schema  new  diff  report  mutants  tensorboard
options     arguments and options of several commands
output      output files: their format by their ending, written whole
"""

from grokspec.cli.app import main

__all__ = ["main"]
