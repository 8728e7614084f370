"""The command line: one file a command, entered in `app`.

app         the commands there are, and what all have in common
check  plan  run  figure  schema  new  diff  report  mutants  tensorboard
options     arguments and options that several commands take
output      a file that the user asked for: its format by its ending, written whole
"""

from grokspec.cli.app import main

__all__ = ["main"]
