"""How a claim is judged. One idea: *a verdict is where an interval lies*.

A measure gives one number per run. Over the seeds these are a sample from an unknown
distribution, of which only the median is judged, by its exact distribution-free confidence
interval: two order statistics, chosen by the binomial distribution (Thompson 1936;
`scipy.stats.quantile_test`). Nothing is assumed normal, and a run that never does a thing enters
as +inf without spoiling anything.

A statement names a region ("above 0.3"). It is SUPPORTED if the whole interval lies in the region,
REFUTED if the whole interval lies outside, INCONCLUSIVE otherwise. At the default level of 95%
either error has a chance of at most 2.5%. The p-value told beside it is that of the exact sign test
of "the statement is false"; it is at most 2.5% exactly when the verdict is SUPPORTED.

Where there is more than one cell (values have dimensions besides the seeds), the statement is
about every cell. It is SUPPORTED if it is in each, which is an intersection-union test: its p-value
is the largest of the cells', and it needs no correction for their number. It is REFUTED if it is in
one, for which the chances of an error add up over the cells: raise the level if they are many.

Seeds pair: the same seed has the same data and the same first weights at every point of a sweep,
so that `difference`, `ratio` and `trend` compare within a seed.
"""

from grokspec.statistics.estimates import LEVEL, Estimate, difference, estimate, ratio
from grokspec.statistics.identities import agreement
from grokspec.statistics.multiplicity import false_discovery
from grokspec.statistics.trends import Trend, power_law, trend

__all__ = [
    "LEVEL",
    "Estimate",
    "Trend",
    "agreement",
    "difference",
    "estimate",
    "false_discovery",
    "power_law",
    "ratio",
    "trend",
]
