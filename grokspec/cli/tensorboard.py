"""`grokspec tensorboard`: writes the results of a spec as TensorBoard's events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grokspec.cli.options import Profile, Quantities, SpecPath, Stale, StoreFolder
from grokspec.files.folders import named_path
from grokspec.formatting import count, shown_path
from grokspec.spec import DEFAULT_PROFILE


def tensorboard(
    spec: SpecPath,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", parser=named_path, help="Folder for the events.")
    ],
    quantities: Quantities = None,
    profile: Profile = DEFAULT_PROFILE,
    store: StoreFolder = None,
    stale: Stale = "rerun",
) -> None:
    """Write the results of a spec as TensorBoard's events, a folder a run; trains nothing."""
    from grokspec.api import results
    from grokspec.results.tensorboard import require_no_events, require_tensorboard

    require_tensorboard()
    require_no_events(folder)
    read = results(spec, profile=profile, store=store, stale=stale)
    read.to_tensorboard(folder, quantities)
    where = shown_path(folder)
    runs = count(len(read.spec.runs), "run")
    typer.echo(f"{where}: {runs}; `tensorboard --logdir {where}` shows them")
