"""How a claim is judged: the verdict depends on where a confidence interval lies.

A measure gives one number per run. The numbers of the seeds are a sample from an unknown
distribution. Only its median is judged, by its exact, distribution-free confidence interval: two
order statistics, chosen by the binomial distribution (Thompson 1936; `scipy.stats.quantile_test`).
Nothing is assumed to be normal, and +inf stands for a run in which an event never happened.

A statement names a region ("above 0.3"). It is SUPPORTED if the whole interval lies in the region,
REFUTED if the whole interval lies outside, and INCONCLUSIVE otherwise. At the default level of 95%,
either error has a probability of at most 2.5%. The p-value is that of the exact sign test of "the
statement is false"; it is at most 2.5% if and only if the verdict is SUPPORTED.

If the values have dimensions besides the seeds, the statement is about every cell. It is SUPPORTED
if it is supported in each cell. This is an intersection-union test: its p-value is the largest of
the cells', and no correction for their number is needed. It is REFUTED if it is refuted in one
cell. The probabilities of that error add up over the cells: raise the level if there are many.

Seeds pair: the same seed has the same data and the same initial weights at every point of a sweep,
so `difference`, `ratio` and `trend` compare within a seed.

    estimates      medians over seeds and their intervals: `estimate`, `difference`, `ratio`
    trends         changes along an axis: `trend`, `power_law`, `exponential`
    identities     whether two quantities are the same: `agreement`
    more_seeds     how many seeds would decide an inconclusive finding
    multiplicity   corrects p-values for their number
    finding        a verdict and the numbers behind it: `all_of`
    evidence       all numbers behind a finding
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
    from grokspec.statistics.trends import Exponential, Trend, exponential, power_law, trend

_HOMES = {
    "LEVEL": "estimates",
    "Estimate": "estimates",
    "Exponential": "trends",
    "Trend": "trends",
    "agreement": "identities",
    "all_of": "finding",
    "difference": "estimates",
    "estimate": "estimates",
    "exponential": "trends",
    "false_discovery": "multiplicity",
    "power_law": "trends",
    "ratio": "estimates",
    "trend": "trends",
}

__all__ = [
    "LEVEL",
    "Estimate",
    "Exponential",
    "Trend",
    "agreement",
    "all_of",
    "difference",
    "estimate",
    "exponential",
    "false_discovery",
    "power_law",
    "ratio",
    "trend",
]


def __getattr__(name: str) -> Any:  # lazily: most of the pytest plugin needs no arrays
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"grokspec.statistics.{_HOMES[name]}"), name)
