"""`grokspec mlflow`: writes the results of a spec as runs of MLflow."""

from __future__ import annotations

from typing import Annotated

import typer

from grokspec.cli.options import Profile, Quantities, SpecPath, Stale, StoreFolder
from grokspec.spec import DEFAULT_PROFILE


def mlflow(
    spec: SpecPath,
    uri: Annotated[
        str | None,
        typer.Option(
            "--uri",
            metavar="URI",
            help="http://…, sqlite:///…; default: MLFLOW_TRACKING_URI, or MLflow's own.",
        ),
    ] = None,
    experiment: Annotated[
        str | None,
        typer.Option("--experiment", metavar="NAME", help="By default the name of the spec."),
    ] = None,
    quantities: Quantities = None,
    profile: Profile = DEFAULT_PROFILE,
    store: StoreFolder = None,
    stale: Stale = "rerun",
) -> None:
    """Write the results of a spec as runs of MLflow, those that are not there; trains nothing."""
    from rich.console import Console
    from rich.progress import Progress

    from grokspec.api import results
    from grokspec.results.mlflow import require_mlflow, write_runs

    address = require_mlflow(uri)
    read = results(spec, profile=profile, store=store, stale=stale)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(read.spec.name, total=len(read.spec.runs))
        done = write_runs(read, address, experiment, quantities, lambda: bar.advance(task))
    typer.echo(str(done))
