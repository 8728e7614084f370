"""`grokspec mlflow`: writes the results of a spec as runs of MLflow."""

from __future__ import annotations

import sys
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
    from grokspec.api import results
    from grokspec.results.mlflow import require_mlflow, write_runs

    address = require_mlflow(uri)
    read = results(spec, profile=profile, store=store, stale=stale)
    with typer.progressbar(
        length=len(read.spec.runs), file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        done = write_runs(read, address, experiment, quantities, lambda: bar.update(1))
    typer.echo(str(done))
