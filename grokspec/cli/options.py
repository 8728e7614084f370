"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from grokspec.files.folders import named_path

SpecPath = Annotated[Path, typer.Argument(metavar="SPEC", parser=named_path, help="A spec file.")]
ClaimPaths = Annotated[
    list[Path] | None,
    typer.Option(
        "--claims",
        metavar="PATH",
        parser=named_path,
        help="The claims to judge for stores and commits; else claims/.",
    ),
]
Profile = Annotated[
    str, typer.Option("--profile", "-p", help="The variant of the spec: quick, paper, …")
]
StoreFolder = Annotated[
    Path | None,
    typer.Option(
        "--store",
        metavar="FOLDER",
        parser=named_path,
        help="Folder of results; default: GROKSPEC_STORE, or the user's cache folder.",
    ),
]
SeedsMovedBy = Annotated[
    int,
    typer.Option(
        "--seeds-moved-by", metavar="N", min=0, help="Move every seed by this much: fresh seeds."
    ),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:<i>.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="The most runs that a spec may have.")]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", min=1, help="How many stacks train at a time; default: one per core."
    ),
]
Stale = Annotated[
    Literal["rerun", "keep", "fail"],
    typer.Option("--stale", help="What to do about results that were made by other code."),
]
Traceback = Annotated[
    bool,
    typer.Option("--traceback", help="Show the traceback of what stopped the training."),
]
Quantities = Annotated[
    list[str] | None,
    typer.Option(
        "--quantity",
        metavar="NAME",
        help="Write only this quantity; repeat it for several. Default: all but the very large.",
    ),
]
