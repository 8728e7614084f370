"""`grokspec new`: a spec to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grokspec.errors import GrokspecError
from grokspec.files.folders import named_path


def new(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", parser=named_path, help="The spec file to write.")
    ],
    start: Annotated[
        str, typer.Option("--from", metavar="KIND", help="The task of the spec.")
    ] = "polynomial",
) -> None:
    """Write a spec to start from, with the meaning of every field."""
    from grokspec.cli.output import write_text
    from grokspec.spec.template import template

    if path.exists():
        raise GrokspecError(f"{path} exists already; name a new file")
    write_text(path, template(path, start))
    typer.echo(f"{path}: edit it, then `grokspec plan {path}` and `grokspec run {path}`")
