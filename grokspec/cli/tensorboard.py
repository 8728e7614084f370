"""`grokspec tensorboard`: writes the results of a spec as TensorBoard's events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grokspec.cli.options import Profile, SpecPath, Stale, StoreFolder
from grokspec.files.folders import named_path
from grokspec.formatting import shown_path
from grokspec.spec import DEFAULT_PROFILE


def tensorboard(
    spec: SpecPath,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", parser=named_path, help="Folder for the events.")
    ],
    profile: Profile = DEFAULT_PROFILE,
    store: StoreFolder = None,
    stale: Stale = "rerun",
) -> None:
    """Write the results of a spec as TensorBoard's events, one folder for each run."""
    from grokspec.api import results
    from grokspec.results.tensorboard import require_no_events, require_tensorboard

    require_tensorboard()
    require_no_events(folder)
    read = results(spec, profile=profile, store=store, stale=stale)
    read.to_tensorboard(folder)
    where = shown_path(folder)
    runs = len(read.spec.runs)
    typer.echo(f"{where}: {runs} runs; `tensorboard --logdir {where}` shows them")
