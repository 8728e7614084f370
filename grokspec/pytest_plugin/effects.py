"""What a control does to what a claim reads: a control that changes nothing shows nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grokspec.claims.controls import ClaimInput, Control
from grokspec.claims.record import kind_of_control
from grokspec.formatting import count, in_toml
from grokspec.statistics.verdict import Verdict

if TYPE_CHECKING:
    from grokspec.spec import SpecFile

SAME_RESULTS = (
    "the claim reads the same results with it as without, as along an axis of one value or where "
    "all runs are equal; choose a control that changes them"
)
"""What is wrong with a control that leaves the results as they are, with the remedy."""

SAME_FORMULA = "it gives the claim what it is given without it; give it something else"
"""The same, for a claim on theory."""


def is_unchanged(before: ClaimInput, after: ClaimInput) -> bool:
    """Whether what a claim reads is the same after a control as before."""
    if before is after:
        return True
    if type(before) is not type(after):
        return False
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(
            is_unchanged(before[k], after[k]) for k in before
        )
    if hasattr(before, "equals"):  # xarray's and pandas' own, for which NaN is NaN
        return bool(before.equals(after))
    try:
        return bool(before == after)
    except ValueError:  # arrays, whose comparison is an array
        import numpy as np

        return bool(np.array_equal(before, after, equal_nan=before.dtype.kind in "fc"))


@dataclass(frozen=True)
class Retraining:
    """How many runs of a spec, or of several, a change in TOML makes others."""

    changed: int
    """The runs that are not among those without the change."""
    total: int
    """All runs with the change."""
    is_idle: bool
    """Whether the runs are the same with the change as without."""

    @property
    def in_words(self) -> str:
        """How many runs are changed; empty if all are."""
        return "" if self.changed == self.total else f"{self.changed} of {count(self.total, 'run')}"


def retraining(pairs: Iterable[tuple[SpecFile, SpecFile]]) -> Retraining:
    """Compare the runs of specs without and with a change, by their identities."""
    changed = total = 0
    is_idle = True
    for before, after in pairs:
        known, keys = {run.key for run in before.runs}, {run.key for run in after.runs}
        changed += len(keys - known)
        total += len(keys)
        is_idle = is_idle and keys == known
    return Retraining(changed, total, is_idle)


def idle_change(spec: SpecFile, change: Mapping[str, Any]) -> str:
    """Why a change leaves all runs of a spec as they are, with the remedy."""
    swept = {path for run in spec.runs for path in run.coordinates}
    for path, value in _fields(change):
        if axis := next((p for p in sorted(swept) if f"{path}.".startswith(f"{p}.")), None):
            remedy = f"change the sweep instead, {_example(spec, axis, path, value)}"
            return f"the sweep of {spec.name} sets {axis} for each run; {remedy}"
    return f"every run of {spec.name} has this already; write a value that none has"


def idle(control: Control, expected: Verdict, reason: str) -> str:
    """The message for a control that changes nothing."""
    return f"the {kind_of_control(expected)}, {control.sentence}, changes nothing: {reason}"


def _fields(change: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The dotted path of each field that a change sets, with its value."""
    for name, value in change.items():
        if isinstance(value, Mapping):
            yield from _fields(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _example(spec: SpecFile, axis: str, path: str, value: object) -> str:
    """How the axis is changed, for axes that a line can change."""
    sweep = spec.content.sweep
    if axis == "seed":
        return f"like sweep.seed = [{in_toml(value)}]"
    if axis == path and axis in sweep.grid:
        return f'like sweep.grid."{axis}" = [{in_toml(value)}]'
    return f"where it varies {axis}"
