"""Runs that take numbers from others, which have to be runs of the same spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from grokspec.errors import suggestion
from grokspec.formatting import in_toml
from grokspec.spec.runs import identity

if TYPE_CHECKING:
    from grokspec.description import Description
    from grokspec.other_runs import FromRun

MOST_SHOWN = 3
"""How many differences from the nearest run are named."""


def unmet_needs(runs: Sequence[Description]) -> Iterator[tuple[int, str, str]]:
    """What is wrong with numbers from other runs: the position of a run, a path, and a message."""
    taking = [(i, run) for i, run in enumerate(runs) if run.references]
    if not taking:
        return
    known = {identity(run): run for run in runs}
    for i, run in taking:
        for path, reference in run.references.items():
            if why := _why_not(run, reference, known):
                yield i, path, why


def _why_not(run: Description, reference: FromRun, known: Mapping[str, Description]) -> str | None:
    """Why a run cannot take a number from another, or None."""
    try:
        other = run.other(reference)
        needs = other.needs
    except (ValidationError, TypeError, AttributeError, RecursionError) as error:
        first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        return f"no run is like this one with what run says: {first}"
    if needs:
        return (
            "the other run takes a number from another itself; say in run what it has in the place "
            "of that, such as interventions = {}"
        )
    if identity(other) not in known:
        return f"is of no run of the spec; {_nearest(other, known.values())}"
    for name in reference.quantities:
        if other.quantities is not None and name not in other.quantities:
            remedy = suggestion(name, other.quantities)
            return f"{name} is not recorded by the other run; {remedy}"
        if name in other.dimensions:
            return f"{name} has several numbers at each record, and one is needed"
    return None


def _nearest(other: Description, runs: Any) -> str:
    """In what the most similar of some runs differs from one that is none of them."""
    wanted = dict(_leaves(other.described))
    found = [dict(_leaves(run.described)) for run in runs]
    differing = [
        [path for path in {**wanted, **own} if wanted.get(path) != own.get(path)] for own in found
    ]
    fewest = min(differing, key=len)
    own = found[differing.index(fewest)]
    shown = [f"{path} = {_shown(own.get(path))}" for path in fewest[:MOST_SHOWN]]
    more = " and more" if len(fewest) > MOST_SHOWN else ""
    return f"the nearest has {', '.join(shown)}{more}; add the run to the sweep, or correct run"


def _shown(value: Any) -> str:
    return "nothing there" if value is None else in_toml(value)


def _leaves(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value
