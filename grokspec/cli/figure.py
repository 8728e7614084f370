"""`grokspec figure`: draws the figure of a spec."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokspec.cli.options import (
    Device,
    Limit,
    Profile,
    SeedsMovedBy,
    SpecPath,
    Stale,
    StoreFolder,
    Traceback,
    Workers,
)
from grokspec.cli.output import by_ending
from grokspec.cli.run import train
from grokspec.errors import GrokspecError
from grokspec.files.folders import named_path
from grokspec.spec import DEFAULT_PROFILE, LIMIT

if TYPE_CHECKING:
    from grokspec.spec import SpecFile

FORMATS = {".svg": "svg", ".png": "png", ".pdf": "pdf"}
"""The formats of a figure, by the ending of its file."""


def figure(
    spec: SpecPath,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            parser=named_path,
            help="An .svg, .png or .pdf file; by default <spec>.svg.",
        ),
    ] = None,
    profile: Profile = DEFAULT_PROFILE,
    seeds_moved_by: SeedsMovedBy = 0,
    store: StoreFolder = None,
    device: Device = "auto",
    workers: Workers = None,
    stale: Stale = "rerun",
    no_run: Annotated[
        bool, typer.Option("--no-run", help="Train nothing; fail if results are missing.")
    ] = False,
    limit: Limit = LIMIT,
    traceback: Traceback = False,
) -> None:
    """Draw the figure of a spec, after training what is missing."""
    from grokspec.files.atomic import explained
    from grokspec.results import load_results
    from grokspec.spec import read_spec
    from grokspec.store import open_store

    read, opened = read_spec(spec, profile, limit, seeds_moved_by=seeds_moved_by), open_store(store)
    file = _figure_file(read, output)
    if not no_run and read.recording is None:
        train(read, opened, traceback, device=device, workers=workers, stale=stale)
    results = load_results(read, opened, stale)
    assert read.content.figure is not None, "see _figure_file"
    with explained(f"{file}: cannot be written"):
        file.parent.mkdir(parents=True, exist_ok=True)
        read.content.figure.save(results, file)
    typer.echo(str(file))


def _figure_file(spec: SpecFile, output: Path | None) -> Path:
    """The file of the figure: ``output``, or a file named like the spec.

    Raises a GrokspecError if the spec has no figure or the format is unknown, before anything is
    trained.
    """
    if spec.content.figure is None:
        raise GrokspecError(
            f"{spec.path} has no [figure]; say what to draw, for example "
            '[figure] and kind = "curves"'
        )
    file = output or Path(spec.name.rsplit("/", 1)[-1] + ".svg")
    by_ending(file, FORMATS, "a figure")
    return file
