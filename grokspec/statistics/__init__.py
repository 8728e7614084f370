"""How a claim is judged. One idea: *a verdict is where an interval lies*.

A measure gives one number per run. Over the seeds these are a sample from an unknown
distribution, of which only the median is judged, by its exact distribution-free confidence
interval: two order statistics, chosen by the binomial distribution (Thompson 1936;
`scipy.stats.quantile_test`). Nothing is assumed normal, and a run that never does a thing enters
as +inf without spoiling anything.

A statement names a region ("above 0.3"). It is SUPPORTED if the whole interval lies in the region,
REFUTED if the whole interval lies outside, INCONCLUSIVE otherwise. At the default level of 95%
either error has a chance of at most 2.5%. The p-value given beside it is that of the exact sign
test of "the statement is false"; it is at most 2.5% exactly when the verdict is SUPPORTED.

Where there is more than one cell (values have dimensions besides the seeds), the statement is
about every cell. It is SUPPORTED if it is in each, which is an intersection-union test: its p-value
is the largest of the cells', and it needs no correction for their number. It is REFUTED if it is in
one, for which the chances of an error add up over the cells: raise the level if they are many.

Seeds pair: the same seed has the same data and the same initial weights at every point of a sweep,
so that `difference`, `ratio` and `trend` compare within a seed.

    estimates      medians over seeds and their intervals: `estimate`, `difference`, `ratio`
    trends         changes along an axis: `trend`, `power_law`
    identities     whether two quantities are the same: `agreement`
    multiplicity   p-values where there are many
    finding        a verdict and what it rests on: `all_of`
    evidence       the numbers behind a finding
    verdict        supported, refuted, inconclusive, not run
    quantities     labels, units and pairs of labeled arrays
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grokspec.statistics.estimates import LEVEL, Estimate, difference, estimate, ratio
    from grokspec.statistics.finding import all_of
    from grokspec.statistics.identities import agreement
    from grokspec.statistics.multiplicity import false_discovery
    from grokspec.statistics.trends import Trend, power_law, trend

_HOMES = {
    "LEVEL": "estimates",
    "Estimate": "estimates",
    "Trend": "trends",
    "agreement": "identities",
    "all_of": "finding",
    "difference": "estimates",
    "estimate": "estimates",
    "false_discovery": "multiplicity",
    "power_law": "trends",
    "ratio": "estimates",
    "trend": "trends",
}

__all__ = [
    "LEVEL",
    "Estimate",
    "Trend",
    "agreement",
    "all_of",
    "difference",
    "estimate",
    "false_discovery",
    "power_law",
    "ratio",
    "trend",
]


def __getattr__(name: str) -> Any:  # a verdict needs no scipy, and the pytest plugin only verdicts
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"grokspec.statistics.{_HOMES[name]}"), name)
