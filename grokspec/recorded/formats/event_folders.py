"""TensorBoard's event files: a folder of them, or one, is a run; its tags are quantities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokspec.files.arrays import printable
from grokspec.files.inputs import InputFile
from grokspec.formatting import count
from grokspec.recorded.bounds import MOST_ROWS
from grokspec.recorded.columns import Columns, TableFile, objects
from grokspec.recorded.formats import Contents, refusal_of, require
from grokspec.recorded.results_table import STEP, RecordedResults
from grokspec.recorded.tables import drafts_in_table

if TYPE_CHECKING:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

EVENTS = "events.out.tfevents."
"""How the name of an event file begins."""

ALL = 0
"""Keeps all events of a kind, of which TensorBoard would show some."""

HPARAMS = "hparams"
"""The plugin that keeps hyperparameters."""


def is_event_file(path: Path) -> bool:
    """Whether a path has the name of an event file."""
    return path.name.startswith(EVENTS)


def has_events(folder: Path) -> bool:
    """Whether there are event files in a folder."""
    return next(folder.glob(f"{EVENTS}*"), None) is not None


def read(file: InputFile, results: RecordedResults) -> Contents:
    """The run in a folder of event files.

    Its table has a row for each event, with its ``step``, its tag and the hyperparameters.
    """
    refusal = refusal_of(file)
    require("tensorboard", "tensorboard", refusal)
    try:
        events = _loaded(file.path)
        numbers, constants = _numbers(events), _hyperparameters(events)
    except Exception as error:  # a damaged file may raise anything
        why = printable(str(error)) or type(error).__name__
        raise refusal(f"has damaged event files ({why}); write them again") from error
    tags = [tag for tag in numbers if tag != STEP]
    names = (STEP, *tags, *(name for name in constants if name not in (STEP, *tags)))

    def columns(wanted: Sequence[str]) -> Columns:
        import numpy as np

        own = [tag for tag in tags if tag in wanted]
        rows = [(tag, step, value) for tag in own for step, value in numbers[tag]]
        if len(rows) > MOST_ROWS:
            raise refusal(f"has more than {count(MOST_ROWS, 'event')}; split it")
        cells: dict[str, Any] = {
            name: objects([value if tag == name else None for tag, _, value in rows])
            if name in own
            else objects([constants.get(name)] * len(rows))
            for name in wanted
        }
        if STEP in wanted:
            cells[STEP] = np.array([step for _, step, _ in rows], dtype=np.int64)
        places = [number for tag in own for number in range(1, len(numbers[tag]) + 1)]
        return Columns(cells, np.array(places, dtype=np.int64), "event", True, refusal)

    drafts, found = drafts_in_table(TableFile(names, columns, refusal), results)
    return Contents(drafts, tuple(found.cells), len(found))


def _loaded(path: Path) -> EventAccumulator:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(
        str(path), {"scalars": ALL, "tensors": ALL}, purge_orphaned_data=False
    )
    return events.Reload()


def _numbers(events: EventAccumulator) -> dict[str, list[tuple[int, float]]]:
    """The step and the value of each event of each tag that has single numbers."""
    from tensorboard.util.tensor_util import make_ndarray

    tags = events.Tags()
    found = {
        tag: [(event.step, float(event.value)) for event in events.Scalars(tag)]
        for tag in tags["scalars"]
    }
    for tag in tags["tensors"]:  # as TensorFlow 2 writes scalars
        values = [(event.step, make_ndarray(event.tensor_proto)) for event in events.Tensors(tag)]
        if all(value.size == 1 and value.dtype.kind in "iuf" for _, value in values):
            found[tag] = [(step, float(value.item())) for step, value in values]
    return found


def _hyperparameters(events: EventAccumulator) -> Mapping[str, Any]:
    """The hyperparameters that the run began with."""
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    try:
        contents = events.PluginTagToContent(HPARAMS)
    except KeyError:
        return {}
    infos = [HParamsPluginData.FromString(own).session_start_info for own in contents.values()]
    return {
        name: getattr(value, kind)
        for info in infos
        for name, value in info.hparams.items()
        if (kind := value.WhichOneof("kind")) in ("number_value", "string_value", "bool_value")
    }
