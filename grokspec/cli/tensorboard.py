"""`grokspec tensorboard`: the results of a spec, for TensorBoard to show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grokspec.cli.options import Profile, SpecFile, Stale, StoreFolder
from grokspec.spec import DEFAULT_PROFILE
from grokspec.spec.source import shown_path


def tensorboard(
    spec: SpecFile,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the events go.")],
    profile: Profile = DEFAULT_PROFILE,
    store: StoreFolder = None,
    stale: Stale = "rerun",
) -> None:
    """Write the results of a spec as TensorBoard's events, one folder a run; trains nothing."""
    from grokspec.notebook.api import results
    from grokspec.notebook.tensorboard import require_no_events, require_tensorboard

    require_tensorboard()
    require_no_events(folder)
    read = results(spec, profile=profile, store=store, stale=stale)
    read.to_tensorboard(folder)
    where = shown_path(folder)
    typer.echo(f"{where}: {len(read.runs)} runs; `tensorboard --logdir {where}` shows them")
