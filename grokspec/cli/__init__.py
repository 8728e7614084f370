"""The room of the command line: what the user types, and what is shown.

    commands    check, plan, run, figure, schema and new, with their options
    diff        what changed between two checklists, stores or commits
    mutants     known faults, and which claims notice them
    report      which claims hold, as one page or table
    tensorboard results for TensorBoard
    options     arguments and options that several commands take
    checking    every mistake in files and folders of specs
    outlook     what is left to do of a plan, and what it will take
    drawing     the figure of a spec, into a file
    writing     a file that the user asked for, and its folder
    display     tables and progress on the terminal

A new command is a function in `commands`, and a file here for what it does.
"""

from grokspec.cli.commands import main

__all__ = ["main"]
