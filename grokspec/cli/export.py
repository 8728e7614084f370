"""`grokspec export`: writes the results of a spec as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from grokspec.cli.options import Profile, Quantities, SpecPath, Stale, StoreFolder
from grokspec.files.folders import named_path
from grokspec.formatting import count, shown_path
from grokspec.spec import DEFAULT_PROFILE


def export(
    spec: SpecPath,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", parser=named_path, help="A .csv, .csv.gz, .jsonl or .parquet file."
        ),
    ],
    each: Annotated[
        Literal["record", "run"],
        typer.Option("--each", help="A row for each recorded step of each run, or for each run."),
    ] = "record",
    quantities: Quantities = None,
    profile: Profile = DEFAULT_PROFILE,
    store: StoreFolder = None,
    stale: Stale = "rerun",
) -> None:
    """Write the results of a spec as a table; trains nothing."""
    from grokspec.api import results
    from grokspec.results.export import format_of

    format_of(file)
    read = results(spec, profile=profile, store=store, stale=stale)
    read.export(file, each, quantities)
    typer.echo(f"{shown_path(file)}: {count(len(read.spec.runs), 'run')}, a row for each {each}")
