"""The numbers that runs take from others, read from the store before they are trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from grokspec.spec.runs import identity

if TYPE_CHECKING:
    from grokspec.engines.base import History
    from grokspec.spec import Run
    from grokspec.store import Store

Numbers = dict[str, float]
"""The numbers of a run that come from others, by their paths."""


def keys_needed(run: Run) -> tuple[str, ...]:
    """The keys of the runs that a run takes numbers from."""
    return tuple(map(identity, run.experiment.needs))


def numbers_for(
    runs: Sequence[Run], store: Store
) -> tuple[dict[str, Numbers], list[tuple[Run, str]]]:
    """The numbers of each run by its key; and the runs that lack one, each with the reason."""
    needed = {key for run in runs for key in keys_needed(run)}
    histories = {k: found.history for k, found in store.read(needed).items()} if needed else {}
    numbers: dict[str, Numbers] = {}
    lacking = []
    for run in runs:
        try:
            numbers[run.key] = _numbers_of(run, histories)
        except LookupError as error:
            lacking.append((run, str(error.args[0])))
    return numbers, lacking


def _numbers_of(run: Run, histories: Mapping[str, History]) -> Numbers:
    """Raises a LookupError with the reason if a number does not exist."""
    found: Numbers = {}
    references = run.experiment.references.items()
    for (path, reference), key in zip(references, keys_needed(run), strict=True):
        if key not in histories:
            raise LookupError(f"{path}: the run that {reference.quantity} comes from has no result")
        number = reference.number_in(histories[key].quantities)
        if number is None:
            raise LookupError(f"{path}: {reference.why_none}")
        found[path] = number
    return found
