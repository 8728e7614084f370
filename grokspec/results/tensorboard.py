"""Results as TensorBoard's events: one folder for each run, named by its id.

They are only written. grokspec reads results from the store alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grokspec.errors import GrokspecError
from grokspec.files.atomic import explained
from grokspec.results.tables import END, chosen_quantities, coordinates_of, single_numbers

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

    from grokspec.engines.base import History
    from grokspec.spec import SpecFile

EVENTS = "events.out.tfevents.*"
"""The names of TensorBoard's files."""


def write_events(
    spec: SpecFile,
    histories: Sequence[History],
    folder: Path,
    quantities: Collection[str] | None = None,
) -> Path:
    """Write the events of every run below a folder; see `Results.to_tensorboard`."""
    require_tensorboard()
    require_no_events(folder)
    from torch.utils.tensorboard import SummaryWriter

    chosen = chosen_quantities(histories, quantities)
    coordinates = coordinates_of(spec, histories)
    with explained(f"{folder}: the events could not be written"):
        for run, history in zip(spec.runs, histories, strict=True):
            own = {name: v for name, v in history.quantities.items() if name in chosen}
            written = replace(history, quantities=own)
            with SummaryWriter(str(folder / run.id)) as writer:
                _write_scalars(writer, written)
                _write_coordinates(writer, coordinates[run.key], written)
    return folder


def require_tensorboard() -> None:
    """Raise a GrokspecError unless TensorBoard is installed."""
    if find_spec("tensorboard") is None:
        raise GrokspecError(
            'TensorBoard is not installed; install it with `pip install "grokspec[tensorboard]"`'
        )


def require_no_events(folder: Path) -> None:
    """Raise a GrokspecError if a folder already has events, or is a file."""
    if folder.exists() and not folder.is_dir():
        raise GrokspecError(f"{folder} is a file; name a folder for the events")
    if next(folder.rglob(EVENTS), None) is not None:
        raise GrokspecError(
            f"{folder} already has events, which TensorBoard would mix with these; "
            "name another folder, or remove this one"
        )


def _write_scalars(writer: SummaryWriter, history: History) -> None:
    """Every quantity at its recorded steps; one that is measured once at the first step."""
    for name, values in history.quantities.items():
        by_record = values if values.ndim else values[None]
        for tag, numbers in single_numbers(name, by_record, kept=1):
            for step, number in zip(history.steps, numbers, strict=False):
                writer.add_scalar(tag, float(number), int(step))


def _write_coordinates(
    writer: SummaryWriter, coordinates: dict[str, Any], history: History
) -> None:
    """The coordinates as hyperparameters, with the last value of each quantity as a metric."""
    from torch.utils.tensorboard.summary import hparams

    last = {name: np.atleast_1d(values)[-1] for name, values in history.quantities.items()}
    ends = {END + name: float(value) for name, value in last.items() if not value.ndim}
    values = {name: _plain(value) for name, value in coordinates.items() if value is not None}
    file_writer = writer._get_file_writer()
    for summary in hparams(values, ends):
        file_writer.add_summary(summary)
    for tag, value in ends.items():
        writer.add_scalar(tag, value, int(history.steps[-1]))


def _plain(value: Any) -> Any:
    """A coordinate in a type that TensorBoard takes."""
    return value if isinstance(value, bool | int | float | str) else str(value)
