"""The weights that runs kept, laid out along the axes of the sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import xarray as xr

from grokspec.engines.base import RECORD, History
from grokspec.errors import GrokspecError, suggestion
from grokspec.formatting import in_toml, listed
from grokspec.results.dataset import dataset
from grokspec.spec.layout import axes_of, labels_at, names_of

if TYPE_CHECKING:
    from grokspec.spec import Run, SpecFile
    from grokspec.store import Store


def kept_weights(
    spec: SpecFile, places: Sequence[str], store: Store | None, at: Mapping[str, Any]
) -> xr.Dataset:
    """See `Results.weights`; ``places`` say for each run where its weights are."""
    axes = axes_of(spec.content.sweep, [run.coordinates for run in spec.runs])
    names = {name: path for path, name in names_of(axes, ()).items()}
    chosen = _chosen(spec.runs, names, at)
    histories, lacking = [], []
    for i in chosen:
        kept = store.kept(places[i]) if store is not None and places[i] else None
        if kept is None:
            lacking.append(spec.runs[i].id)
        else:
            histories.append(History(kept.steps, kept.weights))
    if lacking:
        raise GrokspecError(
            f"{spec.name}: {len(lacking)} of {len(chosen)} runs have kept no weights; say "
            f'record.weights = "last" in the spec, and run it again:\n{listed(lacking)}'
        )
    found = dataset([spec.runs[i] for i in chosen], histories, axes)
    weights = sorted({name for history in histories for name in history.quantities})
    return found[weights].rename_dims({RECORD: "kept"})


def _chosen(runs: Sequence[Run], names: Mapping[str, str], at: Mapping[str, Any]) -> list[int]:
    """The positions of the runs at these coordinates."""
    points = [(run.experiment, run.coordinates) for run in runs]
    chosen = list(range(len(runs)))
    for name, value in at.items():
        if name not in names:
            raise GrokspecError(f"weights: {name} is no axis; {suggestion(name, names)}")
        labels = labels_at(points, names[name])
        chosen = [i for i in chosen if labels[i] == value]
        if not chosen:
            among = ", ".join(in_toml(label) for label in dict.fromkeys(labels))
            raise GrokspecError(f"weights: no run has {name} = {value!r}; there are {among}")
    return chosen
