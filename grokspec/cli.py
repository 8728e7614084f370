"""The command line: check, plan, run, figure, schema and new."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer

from grokspec.errors import GrokspecError

# What a command needs is imported in it: `--help` waits for nothing, and only training for torch.

app = typer.Typer(
    name="grokspec",
    help="Experiments on grokking, written down so that they can be proved wrong.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

SpecFile = Annotated[Path, typer.Argument(metavar="SPEC", help="A spec file.")]
Profile = Annotated[
    str, typer.Option("--profile", "-p", help="The variant of the spec: quick, paper, …")
]
StoreFolder = Annotated[
    Path | None,
    typer.Option(
        "--store", help="Folder of results; else GROKSPEC_STORE, else the user's cache folder."
    ),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:<i>.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="The most runs that a spec may have.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="How many stacks train at a time; else one a core."),
]
Stale = Annotated[
    Literal["rerun", "keep", "fail"],
    typer.Option("--stale", help="What to do about results that other code made."),
]
MOST_RUNS = 10_000


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
    limit: Limit = MOST_RUNS,
) -> None:
    """Say every mistake in specs, under each of their profiles."""
    from grokspec.checking import check_all

    for checked in check_all(specs, limit):
        typer.echo(str(checked))


@app.command()
def plan(
    spec: SpecFile,
    profile: Profile = "quick",
    store: StoreFolder = None,
    limit: Limit = MOST_RUNS,
    device: Annotated[
        str, typer.Option("--device", help="What the estimate is for; as for `run`.")
    ] = "cpu",
    every: Annotated[bool, typer.Option("--all", help="List every run, however many.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a spec's runs, which of them the store has, and what the others will take."""
    from grokspec.outlook import look_ahead
    from grokspec.plan import make_plan
    from grokspec.store import open_store

    outlook = look_ahead(make_plan(spec, profile, limit), open_store(store), device)
    if as_json:
        typer.echo(json.dumps(outlook.as_json(), indent=2, ensure_ascii=False))
        return
    from grokspec.display import show_outlook

    show_outlook(outlook, every)


@app.command()
def run(
    spec: SpecFile,
    profile: Profile = "quick",
    store: StoreFolder = None,
    device: Device = "auto",
    workers: Workers = None,
    stale: Stale = "rerun",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Train every run again, also those in the store.")
    ] = False,
    limit: Limit = MOST_RUNS,
) -> None:
    """Train the runs of a spec that the store does not have."""
    from grokspec.display import show_report, training_line
    from grokspec.plan import make_plan
    from grokspec.runner import run_plan
    from grokspec.store import open_store

    planned, results = make_plan(spec, profile, limit), open_store(store)
    with training_line() as progress:
        report = run_plan(
            planned,
            results,
            device=device,
            workers=workers,
            stale=stale,
            fresh=fresh,
            progress=progress,
        )
    show_report(planned, report, results.folder)


@app.command()
def figure(
    spec: SpecFile,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="An .svg, .png or .pdf file; else the spec's name."),
    ] = None,
    profile: Profile = "quick",
    store: StoreFolder = None,
    device: Device = "auto",
    workers: Workers = None,
    stale: Stale = "rerun",
    no_run: Annotated[
        bool, typer.Option("--no-run", help="Train nothing; fail if results are missing.")
    ] = False,
    limit: Limit = MOST_RUNS,
) -> None:
    """Draw the figure of a spec, after training what is missing."""
    from grokspec.drawing import draw_figure, figure_file
    from grokspec.plan import make_plan
    from grokspec.store import open_store

    planned, results = make_plan(spec, profile, limit), open_store(store)
    target = figure_file(planned, output)
    if not no_run:
        from grokspec.display import training_line
        from grokspec.runner import run_plan

        with training_line() as progress:
            run_plan(
                planned, results, device=device, workers=workers, stale=stale, progress=progress
            )
    draw_figure(planned, results, target, stale)
    typer.echo(str(target))


@app.command()
def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; else the terminal.")
    ] = None,
) -> None:
    """Print the JSON Schema by which an editor completes and checks specs."""
    from grokspec.spec.json_schema import document_schema

    text = json.dumps(document_schema(), indent=2, ensure_ascii=False)
    if output is None:
        typer.echo(text)
    else:
        write_file(output, text + "\n")


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
    write_file(path, starter(path, start))
    typer.echo(f"{path}: change it, then `grokspec plan {path}` and `grokspec run {path}`")


def write_file(path: Path, text: str) -> None:
    """Write a text file and the folders that it is to stand in."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise GrokspecError(f"{path}: cannot be written: {error.strerror}") from None


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
