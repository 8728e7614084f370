"""The command line: check, plan, run, figure, schema and new here, the others from their files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from grokspec.cli.diff import diff
from grokspec.cli.mutants import mutants
from grokspec.cli.options import Device, Limit, Profile, SpecFile, Stale, StoreFolder, Workers
from grokspec.cli.report import report
from grokspec.cli.tensorboard import tensorboard
from grokspec.cli.writing import writing
from grokspec.errors import GrokspecError
from grokspec.spec import DEFAULT_PROFILE, LIMIT

if TYPE_CHECKING:
    from grokspec.plans import Plan
    from grokspec.runner import Report
    from grokspec.store import Store

# What a command needs is imported in it: `--help` waits for nothing, and only training for torch.

app = typer.Typer(
    name="grokspec",
    help="Experiments on grokking, written down so that they can be proved wrong.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def grokspec(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Experiments on grokking, written down so that they can be proved wrong."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"grokspec {installed('grokspec')}")
        raise typer.Exit


@app.command()
def check(
    specs: Annotated[
        list[Path], typer.Argument(metavar="SPEC...", help="Spec files, or folders of them.")
    ],
    limit: Limit = LIMIT,
) -> None:
    """Say every mistake in specs, under each of their profiles."""
    from grokspec.cli.checking import check_all

    for checked in check_all(specs, limit):
        typer.echo(str(checked))


@app.command()
def plan(
    spec: SpecFile,
    profile: Profile = DEFAULT_PROFILE,
    store: StoreFolder = None,
    limit: Limit = LIMIT,
    device: Annotated[
        str, typer.Option("--device", help="What the estimate is for; as for `run`.")
    ] = "cpu",
    every: Annotated[bool, typer.Option("--all", help="List every run, however many.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a spec's runs, which of them the store has, and what the others will take."""
    from grokspec.cli.outlook import look_ahead
    from grokspec.plans import make_plan
    from grokspec.store import open_store

    outlook = look_ahead(make_plan(spec, profile, limit), open_store(store), device)
    if as_json:
        typer.echo(json.dumps(outlook.as_json(), indent=2, ensure_ascii=False))
        return
    from grokspec.cli.display import show_outlook

    show_outlook(outlook, every)


@app.command()
def run(
    spec: SpecFile,
    profile: Profile = DEFAULT_PROFILE,
    store: StoreFolder = None,
    device: Device = "auto",
    workers: Workers = None,
    stale: Stale = "rerun",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Train every run again, also those in the store.")
    ] = False,
    limit: Limit = LIMIT,
) -> None:
    """Train the runs of a spec that the store does not have."""
    from grokspec.cli.display import show_report
    from grokspec.plans import make_plan
    from grokspec.store import open_store

    planned, results = make_plan(spec, profile, limit), open_store(store)
    report = _train(planned, results, device=device, workers=workers, stale=stale, fresh=fresh)
    show_report(planned, report, results.folder)


@app.command()
def figure(
    spec: SpecFile,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="An .svg, .png or .pdf file; else the spec's name."),
    ] = None,
    profile: Profile = DEFAULT_PROFILE,
    store: StoreFolder = None,
    device: Device = "auto",
    workers: Workers = None,
    stale: Stale = "rerun",
    no_run: Annotated[
        bool, typer.Option("--no-run", help="Train nothing; fail if results are missing.")
    ] = False,
    limit: Limit = LIMIT,
) -> None:
    """Draw the figure of a spec, after training what is missing."""
    from grokspec.cli.drawing import draw_figure, figure_file
    from grokspec.plans import make_plan
    from grokspec.store import open_store

    planned, results = make_plan(spec, profile, limit), open_store(store)
    target = figure_file(planned, output)
    if not no_run:
        _train(planned, results, device=device, workers=workers, stale=stale)
    draw_figure(planned, results, target, stale)
    typer.echo(str(target))


@app.command()
def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; else the terminal.")
    ] = None,
) -> None:
    """Print the JSON Schema by which an editor completes and checks specs; into .md, a page."""
    from grokspec.spec.field_page import field_page
    from grokspec.spec.json_schema import document_schema

    as_page = output is not None and output.suffix == ".md"
    text = field_page() if as_page else json.dumps(document_schema(), indent=2, ensure_ascii=False)
    if output is None:
        typer.echo(text)
    else:
        with writing(output):
            output.write_text(text.rstrip("\n") + "\n", encoding="utf-8")


@app.command()
def new(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The spec file to write.")],
    start: Annotated[
        str, typer.Option("--from", metavar="KIND", help="The task that it is about.")
    ] = "polynomial",
) -> None:
    """Write a spec to start from, with what every field means."""
    from grokspec.spec.starter import starter

    if path.exists():
        raise GrokspecError(f"{path} is there already; name a new file")
    text = starter(path, start)
    with writing(path):
        path.write_text(text, encoding="utf-8")
    typer.echo(f"{path}: change it, then `grokspec plan {path}` and `grokspec run {path}`")


app.command()(diff)
app.command()(report)
app.command()(tensorboard)
app.command()(mutants)


def _train(plan: Plan, store: Store, **options: Any) -> Report:
    """`run_plan` with these options, below a line that shows how far it is."""
    from grokspec.cli.display import training_line
    from grokspec.runner import run_plan

    with training_line() as progress:
        return run_plan(plan, store, progress=progress, **options)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command; a mistake of the user's is printed without a traceback and exits with 2."""
    try:
        app(arguments, prog_name="grokspec")
    except GrokspecError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        sys.exit(130)
    sys.exit(0)
