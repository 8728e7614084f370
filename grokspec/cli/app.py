"""All commands, and how mistakes end them."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated, NoReturn

import typer

from grokspec.cli.archive import export_results, import_results
from grokspec.cli.check import check
from grokspec.cli.contested import contested
from grokspec.cli.diff import diff
from grokspec.cli.export import export
from grokspec.cli.figure import figure
from grokspec.cli.history import history
from grokspec.cli.mlflow import mlflow
from grokspec.cli.mutants import mutants
from grokspec.cli.new import new
from grokspec.cli.plan import plan
from grokspec.cli.report import report
from grokspec.cli.run import run
from grokspec.cli.schema import schema
from grokspec.cli.store import store
from grokspec.cli.tensorboard import tensorboard
from grokspec.cli.terminal import explained_output, require_working_directory, take_all_text
from grokspec.errors import GrokspecError

# A command imports what it needs when it is called, which keeps `--help` and `check` quick.

COMMANDS = (
    check,
    plan,
    run,
    figure,
    schema,
    new,
    diff,
    history,
    report,
    contested,
    export,
    tensorboard,
    mlflow,
    mutants,
)

app = typer.Typer(
    name="grokspec",
    help="Experiments on grokking, written down so that they can be proved wrong.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

for command in COMMANDS:
    app.command()(command)
app.add_typer(store)
store.command("export")(export_results)
store.command("import")(import_results)


@app.callback(invoke_without_command=True)
def grokspec(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Experiments on grokking, written down so that they can be proved wrong."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"grokspec {installed('grokspec')}")
        raise typer.Exit


def run_command(arguments: list[str] | None = None) -> NoReturn:
    """Run a command; mistakes of the user are printed without a traceback, with exit code 2."""
    warnings.formatwarning = _in_one_line
    take_all_text()
    try:
        require_working_directory()
        with explained_output():
            _call(arguments)
    except GrokspecError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    sys.exit(0)


def _call(arguments: list[str] | None) -> None:
    """Call the command, and return only if it ended well."""
    try:
        app(arguments, prog_name="grokspec")
    except SystemExit as end:  # as typer ends every command
        if end.code:
            raise


_with_place = warnings.formatwarning


def _in_one_line(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    """A warning of grokspec's own is about the user's files, not about a line of code."""
    if category.__module__.partition(".")[0] == "grokspec":
        return f"warning: {message}\n"
    return _with_place(message, category, filename, lineno, line)
