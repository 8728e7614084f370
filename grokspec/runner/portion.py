"""A portion of the runs of a spec, for jobs that know nothing of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grokspec.spec import Run


@dataclass(frozen=True)
class Portion:
    """Which portion of how many, counted from 1."""

    number: int
    of: int


def portion_of(runs: Sequence[Run], portion: Portion) -> tuple[Run, ...]:
    """One of several portions of about the same work, in the order of the runs.

    It depends on the runs alone, not on what is trained already. What a run takes numbers from is
    in its portion, too, so such runs may be in several.
    """
    from grokspec.runner.numbers import keys_needed  # the command line reads this module for --help

    costly_first = sorted(runs, key=lambda run: -run.engine.cost(run.experiment).flops)
    own = {run.key for run in costly_first[portion.number - 1 :: portion.of]}
    own |= {key for run in runs if run.key in own for key in keys_needed(run)}
    return tuple(run for run in runs if run.key in own)
