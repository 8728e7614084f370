"""`grokspec schema`: the JSON Schema of a spec, or the page of all fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from grokspec.files.folders import named_path


def schema(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            parser=named_path,
            help="A .json or .md file; default: the terminal.",
        ),
    ] = None,
) -> None:
    """Write the JSON Schema with which editors check specs, or (.md) the page of all fields."""
    from grokspec.cli.output import write_text
    from grokspec.cli.terminal import can_print
    from grokspec.spec.json_schema import document_schema
    from grokspec.spec.reference import field_page

    as_page = output is not None and output.suffix == ".md"
    text = field_page() if as_page else json.dumps(document_schema(), indent=2, ensure_ascii=False)
    if output is None:
        typer.echo(text if can_print(text) else json.dumps(document_schema(), indent=2))
    else:
        write_text(output, text.rstrip("\n") + "\n")
